// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The bodies of Boost.JSON, which comes as headers without a library of its own (docs/dependencies.md).
#include <boost/json/src.hpp>
