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

// recollection keeps lists as JSON, which depend on nothing but what is stored and who asks. They hold under one revision
// of the data; the next one forgets them all. Without it a program that reads the same list again and again would have it
// read and written out each time.
type recollection struct {
	seed     maphash.Seed
	mu       sync.Mutex
	revision int64
	size     int
	answers  map[question]*answer
}

// question is what an answer is kept for.
type question struct {
	who    uuid.UUID
	uri    string
	coding string // of the answer
}

// answer is the body of one, as it is sent.
type answer struct {
	contentType, coding string
	varies              bool // with the codings that the client reads
	body                []byte
}

const (
	maxKept   = 8 << 20   // bytes of all answers, and of what they are kept for
	maxAnswer = 128 << 10 // bytes of one: a page of members, not the list of all
)

func newRecollection() *recollection { return &recollection{seed: maphash.MakeSeed()} }

// find gives the answer that was kept under the revision.
func (r *recollection) find(q question, revision int64) *answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if revision != r.revision {
		return nil
	}
	return r.answers[q]
}

// keep remembers an answer that was made for a caller of that revision.
func (r *recollection) keep(q question, revision int64, a *answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if revision < r.revision {
		return
	}
	size := len(a.body) + len(q.uri) + len(q.coding)
	if revision > r.revision || r.size+size > maxKept {
		r.revision, r.size, r.answers = revision, 0, map[question]*answer{}
	}
	r.size += size
	r.answers[q] = a
}

// tag names an answer without knowing it: the same question under the same revision has the same answer. The seed keeps
// a client from making up the tag of an answer that it never got, and from reading the revision out of one: that tells
// the time of every write on the site.
func (r *recollection) tag(q question, revision int64) string {
	h := maphash.Comparable(r.seed, struct {
		question
		revision int64
	}{q, revision})
	return `"` + strconv.FormatUint(h, 36) + `"`
}

// recall gives a list as JSON from memory, or tells the client that its copy is still good. If it has neither, the answer
// will be kept as it is sent. Pages and fragments are made anew each time: they have words like "today", set cookies, and
// may lack a part that could not be had.
func (s *Server) recall(c *call) (r reply, ok bool) {
	if !c.route.Offers(Steady) || c.form != formJSON || c.csv || c.inProcess() != nil { // who asks in here has no revision
		return reply{}, false
	}
	q, revision := question{c.subject.ID(), c.here(), c.coding()}, c.subject.Revision()
	tag := s.kept.tag(q, revision)
	c.header("ETag", tag)
	if matches(c.request().Header.Get("If-None-Match"), tag) {
		return reply{status: http.StatusNotModified, ready: &answer{}}, true
	}
	if a := s.kept.find(q, revision); a != nil {
		return reply{ready: a}, true
	}
	c.copy = &copied{done: func(a *answer) {
		if c.plain() {
			s.kept.keep(q, revision, a)
		}
	}}
	return reply{}, false
}

// usual are the headers of an answer that come with its bytes, or with every answer.
var usual = []string{"Content-Type", "Content-Encoding", "Content-Length", "Vary", "Etag", "X-Request-Id"}

// plain reports whether the bytes of an answer are all there is to it: a header that was set for this request alone, such
// as a cookie, would be missing from the answer out of memory.
func (c *call) plain() bool {
	for name, values := range c.response().Header() {
		if !slices.Contains(usual, name) && !slices.Equal(values, c.server.headers[name]) {
			return false
		}
	}
	return true
}

// matches says whether an If-None-Match header names the tag. "*" names none: whether there is an answer at all is not
// known yet.
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(part), "W/") == tag {
			return true
		}
	}
	return false
}

// copied is a copy of an answer on its way out.
type copied struct {
	data []byte
	big  bool
	done func(*answer)
}

// add takes a part of a streamed answer.
func (k *copied) add(b []byte) {
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
func (k *copied) finish(contentType string) {
	if k != nil && !k.big {
		k.done(&answer{contentType: contentType, body: k.data})
	}
}

// whole keeps an answer that goes out at once.
func (k *copied) whole(a *answer) {
	if k != nil && len(a.body) <= maxAnswer {
		k.done(a)
	}
}
