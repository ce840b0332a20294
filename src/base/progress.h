// How long-running library calls tell what they do. The library never prints: the CLI draws a bar from this.
#pragma once

#include <functional>
#include <string>

namespace tabjoule {

struct Progress {
  std::string phase;    ///< "profile", "supernet", ...
  double fraction = 0;  ///< of this phase, 0 .. 1
  std::string detail;   ///< best so far, losses; may be empty
};

/// Called from the thread that made the library call. May throw to stop the call (Interrupted, say).
using ProgressSink = std::function<void(const Progress&)>;

/// Asked now and then by long-running calls: true ends the call early with what it has come to.
using StopCheck = std::function<bool()>;

/// Things a user should know that are not errors ("column id dropped: every value is different").
using NoticeSink = std::function<void(const std::string&)>;

}  // namespace tabjoule
