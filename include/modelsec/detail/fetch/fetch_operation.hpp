// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FETCH_OPERATION_HPP
#define MODELSEC_DETAIL_FETCH_FETCH_OPERATION_HPP

#include <modelsec/options.hpp>
#include <modelsec/detail/base/time_span.hpp>
#include <modelsec/detail/fetch/bundle_network.hpp>
#include <modelsec/detail/fetch/foreign_delivery.hpp>
#include <modelsec/detail/fetch/foreign_plan.hpp>
#include <modelsec/detail/fetch/network.hpp>
#include <modelsec/detail/fetch/stream_feed.hpp>
#include <modelsec/detail/fetch/reuse.hpp>
#include <modelsec/detail/fetch/trust_anchor.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/manifest/select.hpp>
#include <modelsec/detail/store/store.hpp>

#include <functional>
#include <map>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What is known of an attempt, however it ends.
struct attempt_facts
{
    std::string model_id;                 ///< asked for or, once the manifest is accepted, that it is about
    std::string version;                  ///< from an accepted manifest on
    std::optional<sha256_digest> digest;  ///< of the artifact that was chosen, as signed
    std::uint64_t size = 0;               ///< of that, as signed
};

struct foreign_job;

/// Whether the layers of a whole OCI artifact are the manifest's files, one for one: `manifest_malformed`, `packed_layer`.
MODELSEC_DECL result<void> compare_layers(const artifact& wanted, const std::vector<oci_layer>& layers);

/// Gets the digest of an archive that was unpacked, before the store drops it.
using archive_taker = std::function<result<void>(const sha256_digest&)>;

/// How ranges are handed out.
struct foreign_terms
{
    std::chrono::seconds lease{};
    std::uint64_t range_bytes = 0;
};

/// One attempt to make a model active. Runs on the calling thread from top to bottom:
///
///     check options -> envelope's bytes -> who signed? -> manifest -> may it be accepted? -> remember that it was
///                      (or: a TUF repository's metadata -> its target; a model's signature -> its statement)
///       -> which artifact? -> already active? done : lock -> download -> unpack -> activate
///
/// Each step is a function below; a failure at any of them leaves the active model as it is.
class fetch_operation
{
public:
    MODELSEC_DECL fetch_operation(const client_options& owner, const fetch_options& asked, network_maker connect);

    MODELSEC_DECL result<fetch_result> run();
    /// Before run(): readers follow the download by this.
    void feed_readers(stream_feed* feed) noexcept { feed_ = feed; }
    /// Before run(): all of it has been delivered, and no host is asked for anything. `job` outlives the operation.
    void use_delivered(const foreign_job* job) noexcept { delivered_ = job; }
    /// Before run(): whoever wants an archive beside what is unpacked takes it then.
    void give_archive_to(archive_taker take) { take_archive_ = std::move(take); }
    /// Before run(): without a verified manifest after `wait` it ends with `manifest_late`.
    MODELSEC_DECL void expect_manifest_within(std::chrono::milliseconds wait);
    /// Artifact bytes that came over the network, of a failed attempt as well.
    std::uint64_t bytes_fetched() const noexcept { return fetched_; }
    /// What run() would do, up to the first artifact byte; changes nothing.
    MODELSEC_DECL result<check_result> check();

    /// A manifest whose signatures, identity and times hold.
    struct accepted
    {
        modelsec::manifest manifest;
        manifest_claim claim;
        bytes raw;
    };

    // The same download, driven by others (foreign_transfer): each call holds the model's lock only while it runs, and finds what the
    // earlier ones did in the store.

    /// run(), up to the first artifact byte: what is to be brought. What the store holds already is put into the partials.
    MODELSEC_DECL result<foreign_job> begin_foreign();
    /// Nothing: all is there or on its way.
    MODELSEC_DECL result<std::optional<foreign_range>> hand_out(const foreign_job& job, const foreign_terms& terms);
    MODELSEC_DECL result<std::uint64_t> take_in(const foreign_job& job, std::string_view id, const foreign_bytes& brought);
    MODELSEC_DECL result<void> give_back(const foreign_job& job, std::string_view id, reason why);
    MODELSEC_DECL result<std::vector<foreign_lease>> outstanding(const foreign_job& job);
    /// Bytes that have not come yet.
    MODELSEC_DECL result<std::uint64_t> missing_bytes(const foreign_job& job);

    /// The model that was asked for or, once the manifest is accepted, that it is about.
    const std::string& model_id() const noexcept { return model_id_.empty() ? asked_.model_id : model_id_; }
    attempt_facts facts() const { return {model_id(), version_, chosen_, chosen_bytes_}; }
    /// Where time and bytes went so far.
    MODELSEC_DECL attempt_metrics metrics() const;
    /// The stage that it is in, or ended in.
    stage reached() const noexcept { return reached_; }

private:
    /// The metadata that a pinned root's chain or repository left in the store; none in a dry run that finds no store.
    struct known_metadata
    {
        std::optional<metadata_folder> folder;
        std::optional<model_lock> alone;
    };

    /// What others are to ask for a file, and with what.
    struct foreign_address
    {
        std::size_t source = 0;
        url address;
        std::vector<http_header> headers;
    };
    /// A file that the store may hold parts of.
    struct reusable
    {
        const artifact_file* file = nullptr;
        range_set missing;
    };

    // Steps, in order (fetch_operation.ipp, fetch_trust.ipp, fetch_signature.ipp, fetch_accept.ipp, fetch_artifact.ipp).
    MODELSEC_DECL result<void> check_options() const;
    MODELSEC_DECL result<void> open_bundle();
    MODELSEC_DECL result<void> check_target_options() const;
    MODELSEC_DECL result<void> check_signature_options() const;
    MODELSEC_DECL result<fetch_result> answer_offline() const;
    MODELSEC_DECL result<accepted> obtain_offer();
    MODELSEC_DECL result<known_metadata> hold_metadata(const sha256_digest& folder) const;
    MODELSEC_DECL result<signing_keys> find_keys(utc_time now);
    MODELSEC_DECL result<accepted> find_target(utc_time now);
    MODELSEC_DECL result<accepted> accept_signature(bytes raw, utc_time now) const;
    MODELSEC_DECL bool signer_vouches(const model_memory& memory, const sha256_digest& envelope) const;
    MODELSEC_DECL result<void> check_age(utc_time signed_at, utc_time now) const;
    MODELSEC_DECL result<void> learn_sizes(artifact& wanted, const model_state& state);
    MODELSEC_DECL result<void> ask_layers(artifact& wanted, const std::string& base);
    MODELSEC_DECL result<void> ask_registries(artifact& wanted);
    MODELSEC_DECL result<fetch_result> bring_signed(const store& disk, const model_state& known, accepted& offer);
    MODELSEC_DECL result<fetch_result> bring(const store& disk, const model_state& known, const accepted& offer);
    MODELSEC_DECL result<std::uint64_t> ask_size(const artifact& wanted, const artifact_file& file);
    MODELSEC_DECL result<bytes> obtain_envelope();
    MODELSEC_DECL result<accepted> accept(bytes raw) const;
    MODELSEC_DECL result<void> check_times(const accepted& offer, const model_memory& memory, utc_time now) const;
    MODELSEC_DECL result<model_memory> effective_memory(const store& disk, const accepted& offer,
                                                        const model_memory& known) const;
    MODELSEC_DECL result<bool> owns_files(const open_pack& pack) const;
    MODELSEC_DECL result<void> look_after_state(const store& disk, const identifier& model) const;
    MODELSEC_DECL bool learn_signatures(const store& disk, model_state& state) const;
    MODELSEC_DECL result<model_state> remember_accepted(const store& disk, const accepted& offer) const;
    MODELSEC_DECL result<void> check_pack(const model_state& state, const accepted& offer, const artifact& wanted) const;
    MODELSEC_DECL result<std::optional<fetch_result>> answer_active(const store& disk, const model_state& state,
                                                                    const accepted& offer, const artifact& wanted) const;
    MODELSEC_DECL result<check_result> look_at(accepted& offer);
    MODELSEC_DECL result<fetch_result> install(const store& disk, const accepted& offer, const artifact& wanted);
    MODELSEC_DECL result<void> reuse_known_bytes(const store& disk, const identifier& model, staging& staged,
                                                 const artifact& wanted);
    MODELSEC_DECL result<std::vector<reusable>> files_to_reuse(const store& disk, const identifier& model, staging& staged,
                                                               const artifact& wanted) const;
    MODELSEC_DECL result<std::optional<wanted_pieces>> pieces_of(const reusable& what, staging* keep);
    MODELSEC_DECL result<void> reuse_file(const store& disk, const identifier& model, staging& staged, const reusable& what,
                                          std::optional<wanted_pieces> pieces, reuse_watch& watch) const;
    MODELSEC_DECL result<std::optional<wanted_pieces>> obtain_index(const artifact_file& file, const range_set& missing,
                                                                    staging* keep);
    MODELSEC_DECL result<void> keep_index(staging& staged, const index_reference& index, const url& address);
    MODELSEC_DECL static result<void> read_index(staging& staged, const index_reference& index, index_intake& intake);
    MODELSEC_DECL result<void> begin_feed(const accepted& offer, const artifact& wanted) const;
    MODELSEC_DECL result<void> feed_from_active(const store& disk, const identifier& model) const;
    MODELSEC_DECL result<void> check_again(const accepted& offer, const model_memory& memory, const artifact& wanted,
                                           utc_time now);
    MODELSEC_DECL result<void> check_room(const store& disk, const accepted& offer, const artifact& wanted) const;
    MODELSEC_DECL static void sweep(const store& disk, staging&& staged);
    MODELSEC_DECL result<verified_pack> obtain_pack(staging& staged, const accepted& offer, const artifact& wanted);
    MODELSEC_DECL result<void> check_decryption(staging& staged, const accepted& offer, const artifact& wanted) const;
    MODELSEC_DECL result<std::vector<verified_file>> download_files(staging& staged, const artifact& wanted);
    MODELSEC_DECL result<verified_pack> unpack(staging& staged, const artifact& wanted, const verified_file& archive);
    MODELSEC_DECL result<std::vector<url>> sources(const artifact& wanted, const artifact_file& file);
    MODELSEC_DECL result<void> check_layers(const artifact& wanted);
    MODELSEC_DECL static std::string locator_of(const artifact& wanted, const artifact_file& file);
    MODELSEC_DECL result<url> first_address(const artifact& wanted, const artifact_file& file);
    MODELSEC_DECL result<url> next_address(const artifact& wanted, const artifact_file& file, const url& before);
    MODELSEC_DECL result<url> ask_endpoint(const url_endpoint& endpoint);

    template <class Work>
    auto in_staging(const foreign_job& job, const Work& work) -> decltype(work(std::declval<staging*>(), model_state()));
    MODELSEC_DECL static result<bool> was_asked_for(const foreign_job& job, staging& staged);
    MODELSEC_DECL result<foreign_address> ask_address(const artifact& wanted, const artifact_file& file,
                                                      const std::vector<std::size_t>& sources);
    MODELSEC_DECL result<url> address_of(const artifact& wanted, const artifact_file& file, std::size_t source);
    MODELSEC_DECL result<std::vector<http_header>> headers_for(const url& address) const;

    bool changes_nothing() const noexcept { return asked_.dry_run || checking_; }
    const tuf_repository* repository() const noexcept { return std::get_if<tuf_repository>(&asked_.trust); }
    const model_signature* signature() const noexcept { return std::get_if<model_signature>(&asked_.trust); }
    /// The address whose origin gets what the caller has for the manifest's.
    MODELSEC_DECL std::string document_address() const;
    MODELSEC_DECL network& web();
    MODELSEC_DECL fetch_result result_of(const pack_info& pack, std::uint64_t sequence, bool already_active) const;
    MODELSEC_DECL result<store> open_store(bool create) const;
    MODELSEC_DECL result<void> stopped() const;
    MODELSEC_DECL std::optional<steady_time> next_deadline() const;
    MODELSEC_DECL std::optional<steady_time> deadline() const;
    MODELSEC_DECL bool past_deadline() const;
    MODELSEC_DECL result<accepted> obtain_offer_in_time();
    MODELSEC_DECL std::chrono::milliseconds lock_wait() const;
    MODELSEC_DECL bool write_directly(const artifact& wanted) const;
    MODELSEC_DECL http_client::environment environment();
    MODELSEC_DECL void tell(event e) const;
    MODELSEC_DECL void tell_stage(stage s) const;
    MODELSEC_DECL void end_stage() const;
    MODELSEC_DECL void warn(reason why) const;
    MODELSEC_DECL void tell_progress(std::uint64_t bytes);

    const client_options& owner_;
    const fetch_options& asked_;
    network_maker connect_;
    source_set sources_;
    std::shared_ptr<const bundle_reader> bundle_;
    std::unique_ptr<network> network_;
    utc_time now_;
    std::optional<steady_time> deadline_;      // of the whole attempt
    std::optional<steady_time> manifest_due_;  // until there is one
    stream_feed* feed_ = nullptr;
    const foreign_job* delivered_ = nullptr;
    archive_taker take_archive_;
    bool checking_ = false;
    signing_keys keys_;
    std::vector<verified_file> adopted_;  // they need not be fetched
    std::string model_id_, version_;      // known from the manifest on
    mutable std::optional<sha256_digest> chosen_;
    mutable std::uint64_t chosen_bytes_ = 0;
    std::uint64_t total_ = 0;
    std::uint64_t told_ = 0;
    bool progress_begun_ = false;
    /// Which address of a file said how long it is.
    struct told_size
    {
        std::size_t source = 0;
        std::uint64_t bytes = 0;
    };
    std::map<std::string, told_size> told_sizes_;  ///< by the file's digest
    bool other_sizes_ = false;                     ///< hosts told different lengths of a file
    std::uint64_t fetched_ = 0;
    mutable stage reached_ = stage::manifest;
    mutable std::optional<steady_time> stage_begin_;
    mutable attempt_metrics metrics_;
};

/// What others are to bring, for as long as they may take: an accepted manifest, and the artifact of it that was chosen.
struct foreign_job
{
    fetch_operation::accepted offer;
    std::size_t artifact = 0;

    const modelsec::artifact& wanted() const { return offer.manifest.artifacts[artifact]; }
};

/// begin_foreign(), with its one final event.
MODELSEC_DECL result<foreign_job> run_begin_foreign(const client_options& owner, const fetch_options& asked,
                                                    const network_maker& connect = make_network,
                                                    attempt_facts* facts = nullptr);
/// A network whose downloads are what was delivered, and that asks nobody for anything.
MODELSEC_DECL std::unique_ptr<network> make_delivered_network(control handle);

/// check(), with its one final event.
MODELSEC_DECL result<check_result> run_check(const client_options& owner, const fetch_options& asked,
                                             const network_maker& connect = make_network, attempt_facts* facts = nullptr);

/// run(), with its one final event; `lenient` makes it ensure(); `feed`, if given, is told of the end as well; `delivered`: see
/// use_delivered(); `take`: see give_archive_to().
MODELSEC_DECL result<fetch_result> run_fetch(const client_options& owner, const fetch_options& asked, bool lenient,
                                             const network_maker& connect = make_network, attempt_facts* facts = nullptr,
                                             stream_feed* feed = nullptr, const foreign_job* delivered = nullptr,
                                             const archive_taker& take = {});

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/fetch_accept.ipp>
#include <modelsec/detail/fetch/fetch_artifact.ipp>
#include <modelsec/detail/fetch/fetch_foreign.ipp>
#include <modelsec/detail/fetch/fetch_operation.ipp>
#include <modelsec/detail/fetch/fetch_signature.ipp>
#include <modelsec/detail/fetch/fetch_trust.ipp>
#endif

#endif
