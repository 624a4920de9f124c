package db

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
)

// indexHeader is the size of the two copies of its header with which SQLite's index of the write-ahead log begins. Each
// commit, by whatever process, changes both, and nothing becomes visible in another way
// (https://www.sqlite.org/walformat.html#the_wal_index_header).
const indexHeader = 2 * 48

// A Version names a state of the data. Versions have no order.
type Version [indexHeader]byte

// logIndex is the index of the log. Looking at its header costs a tenth of a query.
type logIndex struct {
	file *os.File // nil where a file and its mapping into memory may differ
}

// open begins to look at the index of the log of the database at path, which must be open already. The file must stay
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

// Version is the header, unless that is being written, or cannot be had.
func (f *file) Version() (v Version, ok bool) {
	if f.index.file == nil {
		return v, false
	}
	n, err := f.index.file.ReadAt(v[:], 0)
	return v, err == nil && n == len(v) && bytes.Equal(v[:indexHeader/2], v[indexHeader/2:])
}
