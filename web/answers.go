package web

import (
	"hash/maphash"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// answers keeps the JSON of lists, which depends only on the stored data and the caller. An answer holds under one
// revision of the data; the next one drops them all. Without it a program that reads one list again and again would have
// it read and encoded each time.
type answers struct {
	seed     maphash.Seed
	mu       sync.Mutex
	revision int64
	size     int
	byKey    map[cacheKey]*answer
}

// cacheKey identifies a kept answer.
type cacheKey struct {
	who    uuid.UUID
	uri    string
	coding string // of the answer
}

// answer is the body of an answer, as it is sent.
type answer struct {
	contentType, coding string
	varies              bool // with the codings that the client accepts
	body                []byte
}

const (
	maxKept   = 8 << 20   // bytes of all answers and their keys
	maxAnswer = 128 << 10 // bytes of one: a page of members, not the list of all
)

func newAnswers() *answers { return &answers{seed: maphash.MakeSeed()} }

// get returns the answer that was kept under the revision, nil if there is none.
func (a *answers) get(key cacheKey, revision int64) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if revision != a.revision {
		return nil
	}
	return a.byKey[key]
}

// put keeps an answer that was made for a caller of that revision.
func (a *answers) put(key cacheKey, revision int64, kept *answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if revision < a.revision {
		return
	}
	size := len(kept.body) + len(key.uri) + len(key.coding)
	if revision > a.revision || a.size+size > maxKept {
		a.revision, a.size, a.byKey = revision, 0, map[cacheKey]*answer{}
	}
	a.size += size
	a.byKey[key] = kept
}

// tag names an answer without knowing it: the same key under the same revision has the same answer. The seed keeps a client
// from making up the tag of an answer that it never got, and from reading the revision out of one, which would reveal the
// time of every write on the site.
func (a *answers) tag(key cacheKey, revision int64) string {
	h := maphash.Comparable(a.seed, struct {
		cacheKey
		revision int64
	}{key, revision})
	return `"` + strconv.FormatUint(h, 36) + `"`
}

// recall answers with a list as JSON from memory, or with 304 when the client's copy is still good. Otherwise the answer
// is kept as it is sent. Pages and fragments are rendered each time: they have words like "today", set cookies, and may lack a
// part that failed to load.
func (s *Server) recall(c *call) (answered bool, err error) {
	if !c.route.Offers(Cacheable) || c.as != asJSON || c.csv || c.inProcess != nil { // in this process a caller has no revision
		return false, nil
	}
	key, revision := cacheKey{c.actor.ID(), c.here(), c.coding()}, c.actor.Revision()
	tag := s.answers.tag(key, revision)
	c.header("ETag", tag)
	if matches(c.request().Header.Get("If-None-Match"), tag) {
		return true, c.write(http.StatusNotModified, &answer{})
	}
	if a := s.answers.get(key, revision); a != nil {
		return true, c.write(http.StatusOK, a)
	}
	c.copy = &recorder{done: func(a *answer) {
		if c.plain() {
			s.answers.put(key, revision, a)
		}
	}}
	return false, nil
}

// usual are the headers of an answer that come with its bytes, or with every answer.
var usual = []string{"Content-Type", "Content-Encoding", "Content-Length", "Vary", "Etag", "X-Request-Id"}

// plain reports whether an answer is nothing but its bytes: a header that was set for this request alone, such as a cookie,
// would be missing from the kept answer.
func (c *call) plain() bool {
	for name, values := range c.response().Header() {
		if !slices.Contains(usual, name) && !slices.Equal(values, c.server.headers[name]) {
			return false
		}
	}
	return true
}

// matches reports whether an If-None-Match header names the tag. "*" names none: whether there is an answer at all is not
// known yet.
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(part), "W/") == tag {
			return true
		}
	}
	return false
}

// recorder copies an answer on its way out. A nil one copies nothing.
type recorder struct {
	data []byte
	big  bool
	done func(*answer)
}

// add takes a part of a streamed answer.
func (k *recorder) add(b []byte) {
	if k == nil || k.big {
		return
	}
	if k.big = len(k.data)+len(b) > maxAnswer; k.big {
		k.data = nil
		return
	}
	k.data = append(k.data, b...)
}

// finish keeps the parts of an answer that went out whole.
func (k *recorder) finish(contentType string) {
	if k != nil && !k.big {
		k.done(&answer{contentType: contentType, body: k.data})
	}
}

// whole keeps an answer that goes out at once.
func (k *recorder) whole(a *answer) {
	if k != nil && len(a.body) <= maxAnswer {
		k.done(a)
	}
}
