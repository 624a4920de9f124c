package db

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
)

// indexHeader is the size of the two copies of its header with which SQLite's index of the write-ahead log begins. Each
// commit, by whatever process, changes both, and nothing becomes visible in another way
// (https://www.sqlite.org/walformat.html#the_wal_index_header).
const indexHeader = 2 * 48

// revision remembers under which state of the log it was asked for, because every request asks: looking at the header
// costs a tenth of the query.
type revision struct {
	index *os.File // of the log; nil where a file and its mapping into memory may differ
	last  atomic.Pointer[lastRevision]
}

type lastRevision struct {
	header [indexHeader]byte
	value  Revision
}

// open begins to look at the index of the log of the database at path, which must be open already. The file must stay
// open as long as the database is: closing it would release the locks that this process has on it.
func (r *revision) open(path string) (err error) {
	if runtime.GOOS == "windows" {
		return nil
	}
	if r.index, err = os.Open(path + "-shm"); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	return nil
}

func (r *revision) close() error {
	if r.index == nil {
		return nil
	}
	return r.index.Close()
}

// read gives the header, unless it is being written, or cannot be had.
func (r *revision) read() (h [indexHeader]byte, ok bool) {
	if r.index == nil {
		return h, false
	}
	n, err := r.index.ReadAt(h[:], 0)
	return h, err == nil && n == len(h) && bytes.Equal(h[:indexHeader/2], h[indexHeader/2:])
}

// Revision looks at the header first.
func (f *file) Revision(ctx context.Context) (Revision, error) {
	header, ok := f.revision.read()
	if last := f.revision.last.Load(); ok && last != nil && last.header == header {
		return last.value, nil
	}
	// The header was read first: should a write come in between, it is the header that is out of date, not the value.
	value, err := f.queries.GetRevision(context.WithoutCancel(ctx))
	if err == nil && ok {
		f.revision.last.Store(&lastRevision{header, value})
	}
	return value, err
}
