// The write-ahead log of SQLite, written in few pieces. Private to the part.
//
// SQLite hands over each page of a commit in two pieces, one behind the other: a group of fifty
// small rows is a hundred and thirty system calls, as much work as all else the kernel does for it.
// Here what is written lies together until SQLite asks for anything else of the file. At the end of
// a commit that is its sync, and only then other connections are told of the new pages.
#pragma once

namespace zoetrope::db {

// The name of a VFS that does so; anything but a log it leaves to SQLite's own. Only for
// connections with synchronous=FULL, for with less a commit does not sync the log, and with
// cache_spill=OFF: nothing is written before the commit then, so nothing lies here that a rollback
// would have to take back, or that another statement could miss.
const char* collecting_vfs();

}  // namespace zoetrope::db
