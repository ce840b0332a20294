#include "runtime/temporary_folder.h"

#include <stdlib.h>  // mkdtemp is POSIX

#include <string>
#include <system_error>

#include "base/error.h"

namespace tabjoule {

TemporaryFolder::TemporaryFolder() {
  std::error_code failure;
  const auto parent = std::filesystem::temp_directory_path(failure);
  std::string name = (parent / "tabjoule-XXXXXX").string();
  if (failure || ::mkdtemp(name.data()) == nullptr) {
    fail_internal("{}: cannot make a temporary folder; set TMPDIR to a folder that can be written", name);
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // nothing sensible can be done in a destructor
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tabjoule
