// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_SECURITY_WINDOWS_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_SECURITY_WINDOWS_IPP

#include <modelsec/detail/base/file_system/system_windows.ipp>

#include <aclapi.h>
#include <sddl.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

// Windows has no permission bits and no umask. What stands for them: new entries get a list of their own that names their user and
// the system and inherits nothing (0700, 0600); "its owner" is the owner of the entry; "others may write" is a right in the list for
// one of the groups that everybody is in, "the group may write" one for anybody else.

MODELSEC_BEGIN_NAMESPACE
namespace detail {

struct local_free
{
    void operator()(void* memory) const noexcept { ::LocalFree(memory); }
};
using local_memory = std::unique_ptr<void, local_free>;

/// A copy of a security identifier.
class sid
{
public:
    sid() = default;
    explicit sid(PSID from)
    {
        const DWORD size = ::GetLengthSid(from);
        bytes_.resize(size);
        if (::CopySid(size, bytes_.data(), from) == 0)
            bytes_.clear();
    }
    explicit sid(const wchar_t* text)
    {
        PSID made = nullptr;
        if (::ConvertStringSidToSidW(text, &made) == 0)
            return;
        const local_memory held(made);
        *this = sid(made);
    }

    bool is(PSID other) const noexcept
    {
        return !bytes_.empty() && other != nullptr && ::EqualSid(const_cast<std::uint8_t*>(bytes_.data()), other) != 0;
    }
    std::wstring text() const
    {
        wchar_t* made = nullptr;
        if (bytes_.empty() || ::ConvertSidToStringSidW(const_cast<std::uint8_t*>(bytes_.data()), &made) == 0)
            return {};
        const local_memory held(made);
        return made;
    }

private:
    std::vector<std::uint8_t> bytes_;
};

/// Who this process is, and what it gives to the files it makes. Made once.
class process_identity
{
public:
    static const process_identity& get()
    {
        static const process_identity one;
        return one;
    }

    /// The user, or whom new files belong to by default (administrators that run elevated).
    bool owns(PSID owner) const noexcept { return user_.is(owner) || default_owner_.is(owner); }

    /// Whose rights are nobody's business: this user's, and of those who may do anything anyway.
    bool trusts(PSID who) const noexcept
    {
        return owns(who) || std::any_of(std::begin(mighty_), std::end(mighty_), [&](const sid& s) { return s.is(who); });
    }
    bool is_everybody(PSID who) const noexcept
    {
        return std::any_of(std::begin(crowds_), std::end(crowds_), [&](const sid& s) { return s.is(who); });
    }

    /// For what is made: this user and the system, nobody else, nothing inherited. Null if it could not be made.
    PSECURITY_DESCRIPTOR for_folders() const noexcept { return for_folders_.get(); }
    PSECURITY_DESCRIPTOR for_files() const noexcept { return for_files_.get(); }

private:
    process_identity()
    {
        HANDLE token = nullptr;
        if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, &token) == 0)
            return;
        alignas(std::max_align_t) std::uint8_t buffer[512];
        DWORD size = 0;
        if (::GetTokenInformation(token, TokenUser, buffer, sizeof buffer, &size) != 0)
            user_ = sid(reinterpret_cast<const TOKEN_USER*>(buffer)->User.Sid);
        if (::GetTokenInformation(token, TokenOwner, buffer, sizeof buffer, &size) != 0)
            default_owner_ = sid(reinterpret_cast<const TOKEN_OWNER*>(buffer)->Owner);
        ::CloseHandle(token);
        const std::wstring me = user_.text();
        if (me.empty())
            return;
        for_folders_ = descriptor(L"O:" + me + L"D:P(A;OICI;FA;;;" + me + L")(A;OICI;FA;;;SY)");
        for_files_ = descriptor(L"O:" + me + L"D:P(A;;FA;;;" + me + L")(A;;FA;;;SY)");
    }

    static local_memory descriptor(const std::wstring& text)
    {
        PSECURITY_DESCRIPTOR out = nullptr;
        if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(text.c_str(), SDDL_REVISION_1, &out, nullptr) == 0)
            return {};
        return local_memory(out);
    }

    sid user_;
    sid default_owner_;
    sid mighty_[5] = {
        sid(L"S-1-5-18"),                                                        // the system
        sid(L"S-1-5-32-544"),                                                    // administrators
        sid(L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"),  // Windows' own installer
        sid(L"S-1-3-0"),  // whoever makes something in there: in effect on nothing
        sid(L"S-1-3-4"),  // the owner, who is looked at apart
    };
    sid crowds_[8] = {
        sid(L"S-1-1-0"),       // everyone
        sid(L"S-1-5-7"),       // whoever has not signed in
        sid(L"S-1-5-11"),      // whoever has
        sid(L"S-1-5-2"),       // over the network
        sid(L"S-1-5-4"),       // at this machine
        sid(L"S-1-5-32-545"),  // users
        sid(L"S-1-5-32-546"),  // guests
        sid(L"S-1-15-2-1"),    // all applications in a container
    };
    local_memory for_folders_;
    local_memory for_files_;
};

/// Who may do what to an open entry.
struct access_list
{
    bool owned = false;          ///< by this user
    bool owner_trusted = false;  ///< by this user, or by one who may do anything anyway
    bool everybody_writes = false;
    bool group_writes = false;        ///< somebody else, but not everybody
    bool others_move_it = false;      ///< not only this user may remove or rename it
    bool others_move_inside = false;  ///< … or what is in it
};

inline constexpr ACCESS_MASK right_to_rule = WRITE_DAC | WRITE_OWNER | GENERIC_ALL;
inline constexpr ACCESS_MASK right_to_write = right_to_rule | DELETE | FILE_DELETE_CHILD | FILE_WRITE_DATA |
                                              FILE_APPEND_DATA | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES | GENERIC_WRITE;

/// Denials are not counted in favour: what one entry allows to anybody counts.
inline void count_entry(const ACE_HEADER& entry, access_list& to)
{
    if ((entry.AceFlags & INHERIT_ONLY_ACE) != 0)
        return;
    const process_identity& me = process_identity::get();
    ACCESS_MASK rights = right_to_write;  // of the kinds of entries that are not known
    PSID who = nullptr;
    switch (entry.AceType)
    {
    case ACCESS_ALLOWED_ACE_TYPE:
    case ACCESS_ALLOWED_CALLBACK_ACE_TYPE:
    {
        const auto& allowed = reinterpret_cast<const ACCESS_ALLOWED_ACE&>(entry);
        rights = allowed.Mask;
        who = const_cast<DWORD*>(&allowed.SidStart);
        break;
    }
    case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
    case ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE:
    case ACCESS_ALLOWED_COMPOUND_ACE_TYPE: break;
    default: return;  // denials, audits, labels
    }
    if (who != nullptr && me.trusts(who))
        return;
    const bool everybody = who == nullptr || me.is_everybody(who);
    to.others_move_it = to.others_move_it || (rights & (right_to_rule | DELETE)) != 0;
    to.others_move_inside = to.others_move_inside || (rights & (right_to_rule | FILE_DELETE_CHILD)) != 0;
    bool& writes = everybody ? to.everybody_writes : to.group_writes;
    writes = writes || (rights & right_to_write) != 0;
}

/// The handle needs READ_CONTROL.
inline result<access_list> access_of(HANDLE handle)
{
    PSID owner = nullptr;
    PACL list = nullptr;
    PSECURITY_DESCRIPTOR whole = nullptr;
    const DWORD failed = ::GetSecurityInfo(handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                                           &owner, nullptr, &list, nullptr, &whole);
    if (failed != ERROR_SUCCESS)
        return windows_failure("access list", failed);
    const local_memory held(whole);
    const process_identity& me = process_identity::get();
    access_list out;
    out.owned = me.owns(owner);
    out.owner_trusted = owner != nullptr && me.trusts(owner);
    // No list at all (also: a file system that knows none) lets everybody do everything.
    out.everybody_writes = out.others_move_it = out.others_move_inside = list == nullptr;
    for (DWORD i = 0; list != nullptr && i < list->AceCount; ++i)
    {
        void* entry = nullptr;
        if (::GetAce(list, i, &entry) == 0)
            return windows_failure("access list");
        count_entry(*static_cast<const ACE_HEADER*>(entry), out);
    }
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
