// The database's clock, in microseconds: the nodes' own may differ. Private to the part.
#pragma once

#define CLOCK_SQLITE "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"
#define CLOCK_POSTGRES "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
