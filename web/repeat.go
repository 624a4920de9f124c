package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views"
)

// Each form of a signed-in caller has its own id, and a program may give its request a key (idempotency.go), so that it
// takes effect only once however often it is sent: by a double click, by the network, or by a reload. A request that
// equals one of the last two minutes gets the same answer, including secrets, which are only in the memory of this
// process. Later, or on another replica, org knows that the form has made its change, and the answer leads to the
// result.

const (
	fieldForm   = "form_id"
	answerLife  = 2 * time.Minute
	maxAnswers  = 1000    // of all accounts
	maxOwn      = 20      // of one account, so that it does not evict the answers of others
	maxAnswered = 8 << 20 // bytes
)

// sending identifies a form or a request: equal values mean the same one.
type sending struct {
	who     uuid.UUID
	session string // or the token
	method  string
	uri     string
	as      representation
	body    [sha256.Size]byte // of a form, with its id in it
	key     string            // the id of a request that has a key
}

// sent is a form or a request in progress, and later its answer.
type sent struct {
	key     sending
	request []byte        // the content of a request with a key
	settled chan struct{} // closed when there is an answer, or will be none

	// The rest is written before settled is closed.
	kept   bool
	until  time.Time
	status int
	header http.Header
	answer answer
}

// repeats holds the forms in progress and the answers of the last minutes.
type repeats struct {
	now   func() time.Time
	mu    sync.Mutex
	sent  map[sending]*sent
	order []*sent // those with an answer, oldest first
	size  int
}

func newRepeats() *repeats { return &repeats{now: time.Now, sent: map[sending]*sent{}} }

// begin returns the form with this key that is in progress or answered already, or else a new one, which the caller
// must settle.
func (r *repeats) begin(key sending, request []byte) (f *sent, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f = r.sent[key]; f != nil && (!f.kept || r.now().Before(f.until)) {
		return f, false
	}
	r.drop(f)
	f = &sent{key: key, request: request, settled: make(chan struct{})}
	r.sent[key] = f
	return f, true
}

// keep stores the answer to a form in progress, unless its sender signed out in the meantime.
func (r *repeats) keep(f *sent, status int, header http.Header, a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sent[f.key] != f {
		return
	}
	f.kept, f.until, f.status, f.header, f.answer = true, r.now().Add(answerLife), status, header, a
	r.order = append(r.order, f)
	r.size += len(a.body)
	own := 0
	for _, other := range slices.Backward(slices.Clone(r.order)) {
		if other.key.who != f.key.who {
			continue
		}
		if own++; own > maxOwn {
			r.drop(other)
		}
	}
	for len(r.order) > maxAnswers || r.size > maxAnswered {
		r.drop(r.order[0])
	}
	time.AfterFunc(answerLife, func() { // a secret must not stay until the next form comes
		r.mu.Lock()
		defer r.mu.Unlock()
		r.drop(f)
	})
}

// settle wakes the requests that wait for the answer. If there is none, they are carried out themselves.
func (r *repeats) settle(f *sent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !f.kept {
		r.drop(f)
	}
	close(f.settled)
}

// forget drops the answers of an account when it signs out.
func (r *repeats) forget(who uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, f := range r.sent {
		if key.who == who {
			r.drop(f)
		}
	}
}

// drop needs the lock.
func (r *repeats) drop(f *sent) {
	if f == nil || r.sent[f.key] != f {
		return
	}
	delete(r.sent, f.key)
	if i := slices.Index(r.order, f); i >= 0 {
		r.order = slices.Delete(r.order, i, i+1)
		r.size -= len(f.answer.body)
	}
}

// repeat gives a form or a request that was sent before the same answer. If it is still in progress, it waits. A new
// one is carried out, and its answer is kept.
func (s *Server) repeat(c *call) (answered bool, err error) {
	form, err := c.keyed()
	if form == nil && err == nil {
		form, err = c.sentForm()
	}
	if form == nil || err != nil {
		return false, err
	}
	c.actor.Request.Form = form
	key := sending{
		who: c.actor.ID(), session: cmp.Or(c.actor.Session, c.actor.TokenID), method: c.request().Method, as: c.as,
	}
	if form.Request == nil {
		key.uri, key.body = c.here(), sha256.Sum256(c.receive().data)
	} else {
		key.key = form.ID
	}
	for {
		f, first := s.repeats.begin(key, form.Request)
		if first {
			c.sent = f
			return false, nil
		}
		select {
		case <-f.settled:
		case <-c.ctx.Done():
			return false, c.ctx.Err()
		}
		if f.kept {
			if !bytes.Equal(f.request, form.Request) {
				return false, org.ErrReused
			}
			return true, c.sendAgain(f.status, f.header, f.answer)
		}
	}
}

// sendAgain repeats an earlier answer.
func (c *call) sendAgain(status int, header http.Header, a answer) error {
	for name, values := range header {
		c.response().Header()[name] = slices.Clone(values)
	}
	return c.send(status, a.contentType, a.body)
}

// sentForm returns the form in a request, nil if there is none.
func (c *call) sentForm() (*org.Form, error) {
	if !c.session {
		return nil, nil
	}
	o, err := c.object()
	if err != nil || !o.form || !o.has(fieldForm) {
		return nil, nil //nolint:nilerr // the use case reports a bad body, after checking rights
	}
	id := o.text(fieldForm)
	odd := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_'
	}
	if len(id) < 16 || len(id) > 64 || strings.ContainsFunc(id, odd) {
		o.addError(fieldForm, "must be 16 to 64 letters and digits")
	}
	return &org.Form{ID: id}, o.problem()
}

// keepSent keeps the answer that is about to be written if its form has made its change. An answer that sets a session
// is not kept.
func (c *call) keepSent(status int, a *answer) {
	if c.sent == nil || status >= http.StatusBadRequest || !c.actor.Request.Form.Made || len(a.body) > maxAnswer {
		return
	}
	header := c.ownHeaders()
	for _, cookie := range header.Values("Set-Cookie") {
		if strings.HasPrefix(cookie, c.server.sessions.Cookie.Name+"=") {
			return
		}
	}
	// Any other answer to a request with a key can be made again from what the change has stored.
	if c.sent.key.key == "" || header.Get("Cache-Control") == "no-store" {
		c.server.repeats.keep(c.sent, status, header, *a)
	}
}

// ownHeaders returns the headers that this answer has and others do not.
func (c *call) ownHeaders() http.Header {
	own := c.response().Header().Clone()
	maps.DeleteFunc(own, func(name string, values []string) bool {
		return name != "Etag" && slices.Contains(usual, name) || slices.Equal(values, c.server.headers[name])
	})
	return own
}

// settle ends the wait of requests that equal this one.
func (c *call) settle() {
	if c.sent != nil {
		c.server.repeats.settle(c.sent)
		c.sent = nil
	}
}

// already leads the sender of a repeated form to the result of the first one.
func (c *call) already(e *org.Error) reply {
	return reply{next: to(c.outcome(), e.Message)}
}

// outcome returns the page that shows what a repeated form made, or else the page with the form.
func (c *call) outcome() string {
	o, _ := c.object() // it was read before
	switch name := o.text("name"); {
	case c.route.Method == http.MethodPost && c.route.Path == views.UsersPath:
		return views.UserURL(o.text("username"))
	case c.route.Method == http.MethodPost && c.route.Path == views.OrganizationsPath:
		return views.MembersURL(name, org.MemberFilter{})
	case c.route.Path == pathRoles || c.route.Path == views.RolesURL(""):
		return views.RoleURL(c.organization(), name)
	}
	return cmp.Or(c.cameFrom(), sentFrom(c.request()), views.HomeURL)
}
