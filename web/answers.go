package web

import (
	"container/list"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rolecall.example/org"
	"rolecall.example/static"
)

// answers keeps the JSON of lists, which depends only on the stored data and the caller. A write drops none of them: it
// changes the state, and so the key. Without this cache, a program that polls a list would have it read and encoded
// each time.
type answers struct {
	key   []byte // key of the tags
	kind  string // whatever else the answers of two servers depend on: version and style
	mu    sync.Mutex
	size  int
	order list.List // of kept answers, the most recently used one in front
	byKey map[cacheKey]*list.Element
}

// kept is an answer in memory.
type kept struct {
	key    cacheKey
	answer *answer
	size   int // including its key
}

// cacheKey identifies a kept answer.
type cacheKey struct {
	state  org.State // of the caller and of what the list shows
	uri    string
	coding string // of the answer
	hour   int64  // since 1970, for lists that show when accounts were last seen; otherwise 0
}

// answer is the body of an answer, as it is sent.
type answer struct {
	contentType, coding string
	varies              bool   // depends on the codings that the client accepts
	link                string // to other parts of a list
	body                []byte
}

const (
	maxKept   = 8 << 20   // bytes of all answers and their keys
	maxAnswer = 128 << 10 // bytes of one: a page of members, not the list of all
)

// tagLength is the number of bytes of the hash in a tag.
const tagLength = 16

func newAnswers(o Options) *answers {
	return &answers{byKey: map[cacheKey]*list.Element{}, key: o.TagKey, kind: o.Version + " " + strconv.Itoa(int(o.Wire))}
}

// get returns the answer that was kept, nil if there is none.
func (a *answers) get(key cacheKey) *answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.byKey[key]
	if e == nil {
		return nil
	}
	a.order.MoveToFront(e)
	return e.Value.(*kept).answer
}

// put keeps an answer. If there is no room, it drops those that were used least recently.
func (a *answers) put(key cacheKey, whole *answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byKey[key] != nil {
		return
	}
	k := &kept{key, whole, len(whole.body) + len(key.uri) + len(key.coding) + len(key.state)}
	a.byKey[key] = a.order.PushFront(k)
	for a.size += k.size; a.size > maxKept; {
		oldest := a.order.Remove(a.order.Back()).(*kept)
		delete(a.byKey, oldest.key)
		a.size -= oldest.size
	}
}

// tag makes the tag of an answer from its key alone: the same key means the same answer, on every server. The secret
// keeps a client from making up the tag of an answer that it never got, and from reading revisions out of one, which
// would reveal the time of every write.
func (a *answers) tag(key cacheKey) string {
	h := hmac.New(sha256.New, a.key)
	for _, part := range []string{a.kind, string(key.state), key.uri, key.coding, strconv.FormatInt(key.hour, 36)} {
		_ = binary.Write(h, binary.BigEndian, uint64(len(part))) // a hash takes everything
		_, _ = h.Write([]byte(part))
	}
	return `"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:tagLength]) + `"`
}

// state returns the state of what a list shows to the caller.
func (s *Server) state(c *call) (org.State, error) {
	if c.route.Path == "/organizations" {
		return s.insight.StateOfAll(c.ctx, c.actor)
	}
	return s.insight.StateIn(c.ctx, c.actor, c.param("organization"))
}

// recall answers with a list as JSON from memory, or with 304 if the client's copy is still current. Otherwise the
// answer is kept as it is sent. Pages and fragments are rendered each time: they contain words like "today", set
// cookies, and may lack a part that failed to load.
func (s *Server) recall(c *call) (answered bool, err error) {
	if !c.route.Offers(Cacheable) || c.as != asJSON || c.csv || c.inProcess != nil { // a caller in this process has no state
		return false, nil
	}
	state, err := s.state(c)
	if err != nil || state == "" {
		return false, nil //nolint:nilerr // the list itself fails in the same way, and answers
	}
	key := cacheKey{state: state, uri: c.here(), coding: c.coding(static.Streamed)}
	weak := ""
	if c.route.Offers(LastSeen) { // a sign-in moves no revision
		key.hour, weak = time.Now().Unix()/3600, "W/"
	}
	tag := s.answers.tag(key)
	c.header("ETag", weak+tag)
	if matches(c.request().Header.Get("If-None-Match"), tag) {
		return true, c.write(http.StatusNotModified, &answer{})
	}
	if a := s.answers.get(key); a != nil {
		return true, c.write(http.StatusOK, a)
	}
	c.copy = &recorder{done: func(a *answer) {
		if a.link = c.response().Header().Get("Link"); c.plain() {
			s.answers.put(key, a)
		}
	}}
	return false, nil
}

// usual are the headers that depend only on the bytes of an answer, or that every answer has.
var usual = []string{
	"Content-Type", "Content-Encoding", "Content-Length", "Vary", "Etag", "Link", "X-Request-Id", headerTokenExpires,
	"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "Ratelimit-Limit", "Ratelimit-Remaining", "Ratelimit-Reset",
	"Access-Control-Allow-Origin", "Access-Control-Expose-Headers",
}

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

// matches reports whether an If-None-Match header names the tag. "*" names none: it is not known yet whether there is
// an answer.
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(part), "W/") == tag {
			return true
		}
	}
	return false
}

// recorder copies an answer as it is sent. A nil recorder copies nothing.
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

// finish keeps the parts of an answer that was sent completely. a is the answer without its body.
func (k *recorder) finish(a answer) {
	if k != nil && !k.big {
		a.body = k.data
		k.done(&a)
	}
}

// whole keeps an answer that is sent in one piece.
func (k *recorder) whole(a *answer) {
	if k != nil && len(a.body) <= maxAnswer {
		k.done(a)
	}
}
