package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"time"

	"rolecall.example/org"
)

// maxFound is the maximum number of results on a page, and the default.
const maxFound = 1000

// searchSubjects finds who may do something.
func (s *Server) searchSubjects(c *call) (reply, error) {
	return s.searchAccess(c, askSubjectType|askAction|askResource, s.insight.SearchSubjects, func(q *org.AccessQuestion, name string) any {
		return map[string]string{"type": q.Subject.Type, "id": name}
	})
}

// searchResources finds the resources with which a subject may do something.
func (s *Server) searchResources(c *call) (reply, error) {
	return s.searchAccess(c, askSubject|askAction|askResourceType, s.insight.SearchResources, func(q *org.AccessQuestion, name string) any {
		return map[string]string{"type": q.Resource.Type, "id": name}
	})
}

// searchActions finds what a subject may do with a resource.
func (s *Server) searchActions(c *call) (reply, error) {
	return s.searchAccess(c, askSubject|askResource, s.insight.SearchActions, func(_ *org.AccessQuestion, name string) any {
		return map[string]string{"name": name}
	})
}

// accessSearch is a search of the insight service.
type accessSearch func(context.Context, *org.Actor, string, org.AccessQuestion, org.AccessPage) (org.AccessFound, error)

// searchAccess answers a search. It costs a decision for every ten results, in addition to the one that each request
// costs.
func (s *Server) searchAccess(c *call, parts int, search accessSearch, result func(*org.AccessQuestion, string) any) (reply, error) {
	b, err := c.accessBody()
	if err != nil {
		return reply{}, err
	}
	q := b.question(b.fields, nil, parts)
	limit, token := b.page()
	if err := b.problem(); err != nil {
		return reply{}, err
	}
	// The part that is searched for is not part of the question, whatever the request says about it.
	if parts&askSubject == 0 {
		q.Subject.ID = ""
	}
	if parts&askResource == 0 {
		q.Resource.ID = ""
	}
	seal := s.sealOf(c, &q)
	p := org.AccessPage{Limit: limit}
	if token != "" {
		var ok bool
		if p.After, ok = seal.open(token, s.Now()); !ok {
			return reply{}, org.ErrInvalid("page.token is not one of this search, or is older than 15 minutes.", "")
		}
	}
	found, err := search(c.ctx, c.actor, c.organization(), q, p)
	if err != nil {
		return reply{}, err
	}
	c.oweDecisions(len(found.Names) / rowsADecision)
	c.decided(len(found.Names), 0)
	results := make([]any, len(found.Names))
	for i, name := range found.Names {
		results[i] = result(&q, name)
	}
	next := ""
	if found.Next != "" {
		next = seal.seal(found.Next, s.Now())
	}
	return reply{json: map[string]any{"results": results, "page": map[string]any{"next_token": next, "count": len(results)}}}, nil
}

// page reads which part of the results is wanted.
func (b *accessBody) page() (limit int, token string) {
	page := b.object(b.fields, "", "page")
	limit = maxFound
	switch v := page["limit"].(type) {
	case nil:
	case json.Number:
		n, err := strconv.Atoi(v.String())
		if err != nil || n < 1 || n > maxFound {
			b.fail("page.limit must be a whole number from 1 to %d.", maxFound)
		}
		limit = n
	default:
		b.fail("page.limit must be a number.")
	}
	return limit, b.text(page, "page", "token")
}

// pageLife is how long the token of a page is good.
const pageLife = 15 * time.Minute

// pageSeal makes and opens the tokens of pages. A token is valid for one search of one caller: a position in a list
// that another caller may read could reveal people.
type pageSeal struct {
	key   []byte
	about []byte // the search and the caller
}

// sealOf returns the seal of a search. Its key is the same on all servers of a database.
func (s *Server) sealOf(c *call, q *org.AccessQuestion) pageSeal {
	key := hmac.New(sha256.New, s.TagKey)
	key.Write([]byte("pages of AuthZEN"))
	about, _ := json.Marshal([]any{c.route.Path, c.organization(), c.actor.ID(), q}) // of JSON
	return pageSeal{key.Sum(nil), about}
}

func (p pageSeal) sum(expiry, place []byte) []byte {
	h := hmac.New(sha256.New, p.key)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p.about))))
	h.Write(p.about)
	h.Write(expiry)
	h.Write(place)
	return h.Sum(nil)
}

// seal makes the token of a position.
func (p pageSeal) seal(place string, now time.Time) string {
	expiry := binary.BigEndian.AppendUint64(nil, uint64(now.Add(pageLife).Unix()))
	sum := p.sum(expiry, []byte(place))
	return base64.RawURLEncoding.EncodeToString(append(append(sum, expiry...), place...))
}

// open returns the position in a token, and false if it does not belong to this search or has expired.
func (p pageSeal) open(token string, now time.Time) (place string, ok bool) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(data) < sha256.Size+8 {
		return "", false
	}
	sum, expiry, rest := data[:sha256.Size], data[sha256.Size:sha256.Size+8], data[sha256.Size+8:]
	if !hmac.Equal(sum, p.sum(expiry, rest)) {
		return "", false
	}
	return string(rest), uint64(now.Unix()) < binary.BigEndian.Uint64(expiry)
}
