package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

// tokenRoutes are the routes of API tokens and of the keys of command lines.
var tokenRoutes = []Route{
	{http.MethodGet, views.AllTokensPath, SignedIn, Page, "look over the API tokens of all accounts", (*Server).listAllTokens},
	{http.MethodGet, pathTokens, SignedIn, API | Page | Scoped, "list API tokens", (*Server).listTokens},
	{http.MethodPost, pathTokens, SignedIn, API | Page | Body | Scoped, "create an API token", (*Server).createToken},
	{http.MethodGet, pathTokens + "/tokenconfig", SignedIn, API | Scoped, "show how long tokens may live", (*Server).showTokenConfig},
	{http.MethodGet, pathTokens + "/{name}", SignedIn, API | Scoped, "show an API token by its name", (*Server).showTokenNamed},
	{http.MethodPost, pathKeys, SignedIn, API | Scoped, "create a key for a command line", (*Server).createKey},
	{http.MethodGet, pathKey, SignedIn, API | Scoped, "show a token or a key", (*Server).showKey},
	{http.MethodDelete, pathKey, SignedIn, API | Page | Scoped, "delete a token or a key", (*Server).deleteToken},
	{http.MethodPut, pathKey + "/expire", SignedIn, API | Scoped, "end a token or a key", (*Server).expireKey},
}

// listTokens answers with the tokens of an account or, in JSON with include_all, with those of every account that the
// caller may read. JSON leaves out tokens that have ended unless include_expired is set; a page shows them as ended.
func (s *Server) listTokens(c *call) (reply, error) {
	q := c.query()
	all, f := q.boolean("include_all"), org.TokenFilter{Ended: q.boolean("include_expired"), Kind: q.tokenKind()}
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	switch {
	case c.as != asJSON:
		f = org.TokenFilter{Ended: true}
	case all:
		return reply{stream: s.tokenStream(c, f)}, nil
	}
	list, err := s.account.Tokens(c.ctx, c.actor, c.user(), f)
	if err != nil {
		return reply{}, err
	}
	return reply{json: each(list, wireToken), html: func() (page, error) {
		return s.tokensPage(c, views.Tokens{Tokens: list, Revoke: q.text("revoke")})
	}}, nil
}

// tokenStream sends the tokens of all accounts one by one: there may be many.
func (s *Server) tokenStream(c *call, f org.TokenFilter) *stream {
	return &stream{long: true, write: func(out *sink) error {
		begin := byte('[')
		err := s.account.EachToken(c.ctx, c.actor, c.user(), f, func(t *org.Token) error {
			row, err := json.Marshal(wireToken(t))
			if err != nil {
				return err
			}
			out.scratch = append(append(out.scratch[:0], begin), row...)
			begin = ','
			_, err = out.Write(out.scratch)
			return err
		})
		if err == nil && begin == '[' {
			err = out.WriteByte('[')
		}
		if err == nil {
			_, err = out.WriteString("]\n")
		}
		return err
	}}
}

// tokenKind reads which tokens are wanted; missing means all.
func (q *query) tokenKind() org.TokenKind {
	for _, kind := range q.oneOf("kind", []string{string(org.TokensUnused), string(org.TokensUnlimited), string(org.TokensEnding)}) {
		return org.TokenKind(kind)
	}
	return ""
}

// listAllTokens shows the page of the tokens of all accounts. In JSON they are those of one's own account with
// include_all.
func (s *Server) listAllTokens(c *call) (reply, error) {
	q := c.query()
	a := views.AllTokens{Kind: q.tokenKind(), Catalog: c.actor.Catalog, LinkAudit: c.may("read", "audit_log", uuid.Nil), Now: c.now()}
	a.Limit, a.Offset = c.page(q)
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	var err error
	if a.Tokens, a.Total, err = s.account.TokenPage(c.ctx, c.actor, a.Kind, a.Limit, a.Offset); err != nil {
		return reply{}, err
	}
	if err := s.account.NamePlaces(c.ctx, c.actor, a.Tokens); err != nil {
		return reply{}, err
	}
	return reply{html: show(page{title: "Tokens", active: "all-tokens", body: views.AllTokensPage(a)})}, nil
}

// tokensPage makes the list of the tokens of an account, with the other content in t.
func (s *Server) tokensPage(c *call, t views.Tokens) (p page, err error) {
	p = page{title: "API tokens", active: "tokens"}
	if c.user() != "me" {
		p.active = "users"
		p.crumbs = append(c.usersCrumb(), views.Crumb{Label: c.user(), URL: views.UserURL(c.user())})
	}
	t.Now, t.Catalog = c.now(), c.actor.Catalog
	t.MakesUsers, t.LinkAudit = c.may("create", "user", uuid.Nil), c.may("read", "audit_log", uuid.Nil)
	if t.Longest, err = s.account.MaxTokenLifetime(c.ctx, c.actor, c.user()); err != nil {
		return p, err
	}
	if err := s.account.NamePlaces(c.ctx, c.actor, t.Tokens); err != nil {
		return p, err
	}
	t.UserView, err = s.account.UserView(c.ctx, c.actor, c.user())
	p.body = views.TokensPage(t)
	return p, err
}

// readToken reads a new token: in a form its lifetime is in days, in JSON in nanoseconds, as Go writes a Duration.
func readToken(o object) org.TokenInput {
	in := org.TokenInput{Name: o.text("token_name")}
	if o.form {
		days, _ := o.number("days")
		in.Lifetime = time.Duration(min(days, 1000)) * 24 * time.Hour // a larger number is refused, however large it is
		if date := o.text(fieldDate); date != "" {
			if end := o.endOfDay(date, ""); end != nil {
				in.Lifetime = time.Until(*end)
			}
		}
		in.Organizations = names(o.text("organizations"))
		scopes := o.texts("scopes", maxItems)
		switch limit := o.text("limit"); {
		case limit == views.LimitDecide:
			in.Scopes = []string{org.ScopeDecide}
		case limit == views.LimitScopes && len(scopes) == 0:
			o.addError("scopes", "tick what it may do")
		case limit == views.LimitScopes: // ticks from before another choice do not count
			in.Scopes = scopes
		case limit != "" && limit != views.LimitAll:
			o.addError("limit", "must be chosen")
		}
		return in
	}
	lifetime, _ := o.number("lifetime")
	in.Lifetime = time.Duration(lifetime)
	in.Scope, in.Scopes, in.AllowList = o.text("scope"), o.texts("scopes", maxItems), o.allowList("allow_list")
	in.Organizations = o.texts("organizations", maxItems)
	o.ignore("id", "created_at", "updated_at") // fields of an answer; its other fields could be meant to limit the token
	return in
}

// names splits the names in a field of a form, which have spaces or commas between them.
func names(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

// allowList reads the objects that a token may use, each an object or the text "type:id".
func (o object) allowList(name string) []string {
	list, _ := value[[]any](o, name, "must be a list")
	if len(list) > maxItems {
		o.addError(name, fmt.Sprintf("must have at most %d entries", maxItems))
		return nil
	}
	var entries []string
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", name, i)
		switch v := v.(type) {
		case string:
			entries = append(entries, v)
		case map[string]any:
			entry := o.inside(at, v, o.shape.at(name))
			entries = append(entries, entry.text("type")+":"+entry.text("id"))
		default:
			o.addError(at, "must be an object or a string")
		}
	}
	return entries
}

// createToken makes a token and returns its secret, which is stored only as a hash.
func (s *Server) createToken(c *call) (reply, error) {
	key, _, err := s.account.CreateToken(c.ctx, c.actor, c.user(), decode(c, readToken))
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.changedTokens(c, views.Tokens{Err: e}) })
	}
	return reply{
		status: http.StatusCreated, made: keyPath(c.user(), key), json: client.CreateTokenResponse{Key: key}, noStore: true,
		html: func() (page, error) { return s.changedTokens(c, views.Tokens{Secret: key}) },
	}, nil
}

// keyPath returns the path of a token, named by the id that stands before its secret.
func keyPath(user, key string) string {
	id, _, _ := strings.Cut(key, "-")
	return views.UserURL(user) + "/keys/" + id
}

// changedTokens makes the list after one of its forms was sent; after a refusal the form is filled in again.
func (s *Server) changedTokens(c *call, t views.Tokens) (p page, err error) {
	if t.Tokens, err = s.account.Tokens(c.ctx, c.actor, c.user(), org.TokenFilter{Ended: true}); err != nil {
		return p, err
	}
	if t.Err != nil {
		o, _ := c.object() // unreadable: an empty form
		days, _ := o.number("days")
		t.Name, t.Days, t.Date, t.Organizations = o.text("token_name"), int(days), o.text(fieldDate), o.text("organizations")
		t.Limit, t.Scopes = o.text("limit"), o.texts("scopes", maxItems)
	}
	return s.tokensPage(c, t)
}

func (s *Server) deleteToken(c *call) (reply, error) {
	if err := s.account.DeleteToken(c.ctx, c.actor, c.user(), c.param("id")); err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.changedTokens(c, views.Tokens{Err: e}) })
	}
	return reply{status: http.StatusNoContent, next: to(views.TokensURL(c.user()), "The token was revoked.")}, nil
}
