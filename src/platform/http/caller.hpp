// Who asks. A handler without a Caller parameter is public.
#pragma once

#include "platform/base/ids.hpp"
#include "platform/base/result.hpp"
#include "platform/http/request.hpp"

namespace zoetrope::http {

struct Caller {
    UserId user;
};

// Supplied by app: finds the caller of a request. Errors: unauthenticated, forbidden.
class Authenticator {
  public:
    virtual ~Authenticator() = default;
    virtual Result<Caller> authenticate(const Request& request) = 0;
};

}  // namespace zoetrope::http
