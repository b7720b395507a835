#pragma once

namespace zoetrope::engine {

// Loads and initialises what every child would otherwise do for itself, with the libraries' own
// threads off: a fork keeps only the thread that called it.
void warm_up();

}  // namespace zoetrope::engine
