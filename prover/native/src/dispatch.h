#pragma once

#include <string>
#include <vector>

#include "interface.h"

namespace cinnabar {

/** The cores that this processor can run, best first. The last one runs everywhere. */
std::vector<const Core *> usableCores();

/** By name, or the best for an empty name; null when it is unknown or cannot run here. */
const Core *coreNamed(const std::string &name);

} // namespace cinnabar
