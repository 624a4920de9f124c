package oidc

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"rolecall.example/org"
)

// The state of a sign-in in progress is in a cookie, not on the server. Whatever is sent to the provider is derived
// from the whole cookie, so nothing in it can be changed on the way. Only the browser itself could make up a complete
// one.

const (
	flowTime  = 10 * time.Minute
	maxFlows  = 5   // in one browser; then the oldest is dropped
	maxNext   = 512 // bytes; a longer return path is dropped
	flowBytes = 32
)

// Mode is the purpose of a sign-in.
type Mode string

// ModeLogin begins a session. The other modes do more: one links the sign-in to an account, one accepts an invitation.
const ModeLogin Mode = "login"

const (
	linkPrefix   = "link:"
	invitePrefix = "invite:"
)

// ModeInvite begins a session, and accepts the invitation with this id if the provider says that the person has its
// address.
func ModeInvite(id string) Mode { return Mode(invitePrefix + id) }

// Invitation returns the id that ModeInvite was given, "" for another mode.
func (m Mode) Invitation() string {
	id, invites := strings.CutPrefix(string(m), invitePrefix)
	if !invites {
		return ""
	}
	return id
}

// ModeLink links a sign-in to an account that is already signed in. confirmation proves that the person wants it; it
// must be checked again at the end.
func ModeLink(account, confirmation string) Mode {
	return Mode(linkPrefix + account + ":" + confirmation)
}

// Link returns what ModeLink was given; account is "" if the sign-in begins a session.
func (m Mode) Link() (account, confirmation string) {
	rest, links := strings.CutPrefix(string(m), linkPrefix)
	if !links {
		return "", ""
	}
	account, confirmation, _ = strings.Cut(rest, ":")
	return account, confirmation
}

// flow is a sign-in in progress.
type flow struct {
	raw      string // the whole cookie
	slot     string // the name of the cookie
	at       time.Time
	provider string
	mode     Mode
	next     string
	coder    bool // it comes back at the address of Coder's clients
}

var b64 = base64.RawURLEncoding

func (f *flow) encode(random []byte) {
	coder := ""
	if f.coder {
		coder = "c"
	}
	f.raw = strings.Join([]string{
		b64.EncodeToString(random), strconv.FormatInt(f.at.Unix(), 10), f.provider, b64.EncodeToString([]byte(f.mode)),
		b64.EncodeToString([]byte(f.next)), coder,
	}, ".")
}

// decodeFlow reads a cookie. Its content is only trusted once the provider's answer contains what is derived from it.
func decodeFlow(slot, raw string) (f flow, ok bool) {
	parts := strings.Split(raw, ".")
	if len(parts) != 6 {
		return f, false
	}
	random, errRandom := b64.DecodeString(parts[0])
	at, errAt := strconv.ParseInt(parts[1], 10, 64)
	mode, errMode := b64.DecodeString(parts[3])
	next, errNext := b64.DecodeString(parts[4])
	if errRandom != nil || errAt != nil || errMode != nil || errNext != nil || len(random) != flowBytes {
		return f, false
	}
	return flow{raw: raw, slot: slot, at: time.Unix(at, 0), provider: parts[2], mode: Mode(mode), next: string(next), coder: parts[5] == "c"}, true
}

// derived returns a secret of the flow for one purpose.
func (f *flow) derived(purpose string) string {
	sum := sha256.Sum256([]byte(purpose + "\x00" + f.raw))
	return b64.EncodeToString(sum[:])
}

func (f *flow) state() string    { return f.derived("state") }
func (f *flow) nonce() string    { return f.derived("nonce") }
func (f *flow) verifier() string { return f.derived("verifier") }

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// cookieName returns the name of one of the cookies. Over TLS browsers keep other hosts from setting it.
func (p *Providers) cookieName(slot int) string {
	name := "rolecall-oidc-" + strconv.Itoa(slot)
	if p.AccessURL.Scheme == "https" {
		return "__Host-" + name
	}
	return name
}

func (p *Providers) cookie(name, value string, life time.Duration) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure where the site is served over HTTPS
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true,
		Secure: p.AccessURL.Scheme == "https", SameSite: http.SameSiteLaxMode,
	}
}

// flows returns those of the browser, by slot. One that can't be read has the zero time, so its slot is reused first.
func (p *Providers) flows(r *http.Request) (all [maxFlows]flow) {
	for i := range all {
		all[i].slot = p.cookieName(i)
		if c, err := r.Cookie(all[i].slot); err == nil {
			if f, ok := decodeFlow(all[i].slot, c.Value); ok {
				all[i] = f
			}
		}
	}
	return all
}

// Begin begins a sign-in: it returns where to send the browser, and the cookie that it needs to keep. coder makes it
// come back to the address of Coder's clients. NotFound: no such provider. Unavailable: it has not answered yet.
func (p *Providers) Begin(r *http.Request, id string, mode Mode, next string, coder bool) (where string, keep *http.Cookie, err error) {
	one, err := p.find(id)
	if err != nil {
		return "", nil, err
	}
	k, err := one.ready()
	if err != nil {
		return "", nil, err
	}
	if len(next) > maxNext {
		next = ""
	}
	all := p.flows(r)
	f := flow{slot: all[0].slot, at: p.Now(), provider: id, mode: mode, next: next, coder: coder}
	oldest := all[0].at
	for _, other := range all[1:] {
		if other.at.Before(oldest) {
			f.slot, oldest = other.slot, other.at
		}
	}
	random := make([]byte, flowBytes)
	_, _ = rand.Read(random) // it never fails
	f.encode(random)
	where = p.exchange(one, k, coder).AuthCodeURL(f.state(), oauth2.S256ChallengeOption(f.verifier()), oauth2.SetAuthURLParam("nonce", f.nonce()))
	return where, p.cookie(f.slot, f.raw, flowTime), nil
}

// errElsewhere refuses an answer to a sign-in that this browser has not begun.
var errElsewhere = org.ErrInvalid("This sign-in was started in another window or took too long. Start again.", "")

// take finds the flow that an answer belongs to. Invalid: this browser has not begun such a flow.
func (p *Providers) take(r *http.Request, id string, coder bool) (flow, error) {
	state := r.URL.Query().Get("state")
	for _, f := range p.flows(r) {
		if f.raw == "" || !same(f.state(), state) {
			continue
		}
		if age := p.Now().Sub(f.at); f.provider == id && f.coder == coder && age >= -time.Second && age <= flowTime {
			return f, nil
		}
	}
	return flow{}, errElsewhere
}
