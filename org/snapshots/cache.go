package snapshots

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"
)

// entry is a document in a file. The file goes when nobody needs it any more.
type entry struct {
	key   string
	tag   string
	state state
	made  time.Time
	path  string
	size  int64

	mu    sync.Mutex
	holds int // by the cache, and by those who are about to open it
}

// take opens the file, nil if it is gone.
func (e *entry) take() (*File, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.holds == 0 {
		return nil, nil
	}
	f, err := os.Open(e.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // somebody cleared the folder
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
		_ = os.Remove(e.path) // those who have it open go on reading
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

// open opens what is kept under a key, nil if that is nothing good.
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

// peek is what is kept under a key, nil if that is nothing.
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

// keep takes an entry in the place of the one with its key. The oldest ones go until the rest fits.
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
	// One that is larger than all that may be kept goes as well. Those who wait for it hold it.
	for c.bytes > c.limit && len(c.list) > 0 {
		c.drop(c.list[0])
		c.list = c.list[1:]
	}
}

func (c *cache) drop(e *entry) {
	c.bytes -= e.size
	e.release()
}

// create makes a file in the folder, which only this account may read.
func (c *cache) create() (*os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.folder != "" {
		if f, err := os.CreateTemp(c.folder, "*.rcs"); err == nil {
			return f, nil
		} // or else somebody cleared the folder for temporary files
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

// flights lets those who want the same at once share the work.
type flights struct {
	mu  sync.Mutex
	now map[string]*flight
}

type flight struct {
	done  chan struct{}
	entry *entry
	err   error
}

// share does the work, or waits for whoever does it: mine says which. The work goes on when its first caller leaves, since
// others may wait for it. keep is called with what came of it before anybody has it.
func (f *flights) share(ctx context.Context, key string, work func(context.Context) (*entry, error), keep func(*entry)) (e *entry, mine bool, err error) {
	f.mu.Lock()
	if f.now == nil {
		f.now = map[string]*flight{}
	}
	// Nobody joins one that has ended: it is taken from the map before it says so.
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

// lingering is how long a file stays for those who waited for it, where the cache has no room.
const lingering = 5 * time.Second
