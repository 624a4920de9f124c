package db

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
)

// indexHeader is the size of the two copies of the header that SQLite's index of the write-ahead log begins with. Each
// commit, by any process, changes both, and nothing becomes visible in another way
// (https://www.sqlite.org/walformat.html#the_wal_index_header).
const indexHeader = 2 * 48

// A Version identifies a state of the data. Versions have no order.
type Version [indexHeader]byte

// logIndex is the index of the log. Reading its header costs a tenth of a query.
type logIndex struct {
	file *os.File // nil where a file and its mapping into memory may differ
}

// open opens the index of the log of the database at path, which must be open already. The file must stay
// open as long as the database is: closing it would release the locks that this process has on it.
func (i *logIndex) open(path string) (err error) {
	if runtime.GOOS == "windows" {
		return nil
	}
	if i.file, err = os.Open(path + "-shm"); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	return nil
}

func (i *logIndex) close() error {
	if i.file == nil {
		return nil
	}
	return i.file.Close()
}

// Version returns the header, unless it is being written or unavailable.
func (f *file) Version() (v Version, ok bool) {
	if f.index.file == nil {
		return v, false
	}
	n, err := f.index.file.ReadAt(v[:], 0)
	return v, err == nil && n == len(v) && bytes.Equal(v[:indexHeader/2], v[indexHeader/2:])
}
