// The families of networks a space can describe: which decisions each needs and how its network is built. A new
// family is one row of the table in families.cpp.
#pragma once

#include "space/search_space.h"

namespace tabjoule {

/// Errors (input): the family is unknown, a decision it needs is absent, or there is one it does not know.
void require_decisions(const SearchSpace& space);

}  // namespace tabjoule
