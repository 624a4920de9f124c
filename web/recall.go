package web

import (
	"hash/maphash"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// recollection keeps answers that depend on nothing but what is stored and who asks. They hold under one revision of
// the data; the next one forgets them all. Without it a page of members would be read and written out again for
// everybody who looks at it.
type recollection struct {
	seed     maphash.Seed
	mu       sync.Mutex
	revision int64
	size     int
	answers  map[question][]byte
}

// question is what an answer is kept for.
type question struct {
	who uuid.UUID
	uri string
}

const (
	maxKept   = 16 << 20 // bytes of all answers
	maxAnswer = 64 << 10 // bytes of one: a page of members, not the list of all
)

func newRecollection() *recollection { return &recollection{seed: maphash.MakeSeed()} }

// find gives the answer that was kept under the revision.
func (r *recollection) find(q question, revision int64) ([]byte, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if revision != r.revision {
		return nil, false
	}
	answer, ok := r.answers[q]
	return answer, ok
}

// keep remembers an answer that was made for a caller of that revision.
func (r *recollection) keep(q question, revision int64, answer []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if revision < r.revision {
		return
	}
	if revision > r.revision || r.size+len(answer) > maxKept {
		r.revision, r.size, r.answers = revision, 0, map[question][]byte{}
	}
	r.size += len(answer)
	r.answers[q] = answer
}

// tag names an answer without knowing it: the same question under the same revision has the same answer. The seed keeps
// a client from making up the tag of an answer that it never got.
func (r *recollection) tag(q question, revision int64) string {
	h := maphash.Comparable(r.seed, q)
	return `"` + strconv.FormatInt(revision, 36) + "-" + strconv.FormatUint(h, 36) + `"`
}

// recall gives an answer from memory, or tells the client that its copy is still good. If it has neither, the answer
// will be kept as it is sent.
func (s *Server) recall(c *call) (r reply, ok bool) {
	if !c.route.Offers(Steady) || c.form != formJSON || c.csv || c.inProcess() != nil { // who asks in here has no revision
		return reply{}, false
	}
	q, revision := question{c.subject.ID(), c.here()}, c.subject.Revision()
	tag := s.kept.tag(q, revision)
	c.header("ETag", tag)
	if matches(c.request().Header.Get("If-None-Match"), tag) {
		return reply{status: http.StatusNotModified, ready: []byte{}}, true
	}
	if answer, ok := s.kept.find(q, revision); ok {
		return reply{ready: answer}, true
	}
	c.copy = &copied{done: func(answer []byte) { s.kept.keep(q, revision, answer) }}
	return reply{}, false
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
	done func([]byte)
}

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

// finish keeps the copy of an answer that went out whole.
func (k *copied) finish() {
	if k != nil && !k.big {
		k.done(k.data)
	}
}
