package snapshots

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"
)

// entry is a document in a file. The file is removed when nobody needs it any more.
type entry struct {
	key   string
	tag   string
	state state
	made  time.Time
	path  string
	size  int64

	mu    sync.Mutex
	holds int // held by the cache, and by those about to open it
}

// take opens the file; nil if it is gone.
func (e *entry) take() (*File, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.holds == 0 {
		return nil, nil
	}
	f, err := os.Open(e.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // the folder was cleared
	}
	if err != nil {
		return nil, err
	}
	return &File{File: f, Tag: e.tag, Size: e.size, Revision: e.state.revision}, nil
}

// hold keeps the file until release.
func (e *entry) hold() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.holds++
}

func (e *entry) release() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.holds--; e.holds == 0 {
		_ = os.Remove(e.path) // those who have it open can still read it
	}
}

// cache keeps the newest documents on disk.
type cache struct {
	limit int64

	mu     sync.Mutex
	folder string
	list   []*entry // the oldest first
	bytes  int64
}

// open opens the entry under a key, nil if there is no good one.
func (c *cache) open(key string, good func(*entry) bool) (*File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.list {
		if e.key == key && good(e) {
			return e.take()
		}
	}
	return nil, nil
}

// peek returns the entry under a key, nil if there is none.
func (c *cache) peek(key string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.list {
		if e.key == key {
			return e
		}
	}
	return nil
}

// keep stores an entry, replacing the one with its key. It removes the oldest ones until the rest fits.
func (c *cache) keep(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.hold()
	kept := []*entry{}
	for _, o := range c.list {
		if o.key == e.key {
			c.drop(o)
			continue
		}
		kept = append(kept, o)
	}
	kept = append(kept, e)
	c.list, c.bytes = kept, c.bytes+e.size
	// An entry larger than the limit is removed as well. Those who wait for it hold it.
	for c.bytes > c.limit && len(c.list) > 0 {
		c.drop(c.list[0])
		c.list = c.list[1:]
	}
}

func (c *cache) drop(e *entry) {
	c.bytes -= e.size
	e.release()
}

// create creates a file in the folder that only this account may read.
func (c *cache) create() (*os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.folder != "" {
		if f, err := os.CreateTemp(c.folder, "*.rcs"); err == nil {
			return f, nil
		} // otherwise the folder for temporary files was cleared
	}
	folder, err := os.MkdirTemp("", "rolecall-snapshots-*")
	if err != nil {
		return nil, err
	}
	c.folder = folder
	return os.CreateTemp(folder, "*.rcs")
}

func (c *cache) size() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

func (c *cache) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.list {
		c.drop(e)
	}
	c.list = nil
	if c.folder == "" {
		return nil
	}
	folder := c.folder
	c.folder = ""
	return os.RemoveAll(folder)
}

// flights lets simultaneous requests for the same document share the work.
type flights struct {
	mu  sync.Mutex
	now map[string]*flight
}

type flight struct {
	done  chan struct{}
	entry *entry
	err   error
}

// share does the work, or waits for whoever does it: mine says which. The work continues if its first caller leaves, since
// others may wait for it. keep is called with the result before anybody gets it.
func (f *flights) share(ctx context.Context, key string, work func(context.Context) (*entry, error), keep func(*entry)) (e *entry, mine bool, err error) {
	f.mu.Lock()
	if f.now == nil {
		f.now = map[string]*flight{}
	}
	// Nobody joins work that has ended: it is removed from the map before its waiters are told.
	one := f.now[key]
	if mine = one == nil; mine {
		one = &flight{done: make(chan struct{})}
		f.now[key] = one
		go func() {
			one.entry, one.err = work(context.WithoutCancel(ctx))
			if one.err == nil {
				one.entry.hold() // for those who wait, even if the cache has no room for it
				keep(one.entry)
			}
			f.mu.Lock()
			delete(f.now, key)
			f.mu.Unlock()
			close(one.done)
			if one.err == nil {
				time.AfterFunc(lingering, one.entry.release)
			}
		}()
	}
	f.mu.Unlock()
	select {
	case <-one.done:
		return one.entry, mine, one.err
	case <-ctx.Done():
		return nil, mine, ctx.Err()
	}
}

// lingering is how long a file stays for those who waited for it, if the cache has no room.
const lingering = 5 * time.Second
