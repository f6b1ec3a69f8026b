// LevelDB from Debian (libleveldb-dev), which ships no pkg-config file: linked by name.
// Imported by the target LedgerStore alone.
#include <leveldb/c.h>
