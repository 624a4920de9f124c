package directory

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// The log is for those who set a directory up: nothing else shows what it sends. It holds what a directory says about people, so
// it is short, and only those who may read the settings see it.

// requestsShown is how many requests the page shows.
const requestsShown = 50

// Request is an answered request of a directory.
type Request struct {
	Method, Path string // with the query
	Status       int
	Detail       string // why it was refused
	Body         []byte
	Took         time.Duration
}

// Requests returns the latest requests of the directory of an organization, newest first. Errors as Directory.
func (s *Service) Requests(ctx context.Context, subject *org.Actor, organization string) (list []org.DirectoryRequest, err error) {
	defer org.Wrap(&err, "list requests of the directory of %q", organization)
	s.catchUp(ctx)
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		o, err := mayRead(ctx, src, subject, organization)
		if err != nil {
			return err
		}
		list, err = requestsOf(ctx, src.Q, o.ID, requestsShown)
		return err
	})
	return list, err
}

// requestsOf reads the latest requests of a directory. Ids increase with time, so the index by id has the order.
func requestsOf(ctx context.Context, q db.Reads, organization uuid.UUID, limit int64) ([]org.DirectoryRequest, error) {
	rows, err := q.ListDirectoryRequests(ctx, db.ListDirectoryRequestsParams{OrganizationID: organization, MaxRows: limit})
	list := make([]org.DirectoryRequest, len(rows))
	for i, r := range rows {
		list[i] = org.DirectoryRequest{
			ID: r.RequestID, At: r.At, Took: time.Duration(r.TookUs) * time.Microsecond, Method: r.Method, Path: r.Path,
			Status: int(r.Status), Body: r.Body, Answer: r.Answer,
		}
	}
	return list, err
}

// readable returns a body without passwords. A body that is not JSON is left out: what it holds cannot be known.
func readable(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "(no JSON)"
	}
	text, err := json.Marshal(hide(v, 0))
	if err != nil {
		return "(no JSON)"
	}
	return string(text)
}

// hidden is the depth to which passwords are searched for; anything deeper is left out.
const hidden = 32

// hide removes passwords from a value: those of a user, and those that a change sets by a path.
func hide(v any, depth int) any {
	if depth > hidden {
		return "…"
	}
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = hide(v[i], depth+1)
		}
	case map[string]any:
		secret := false
		for name, inner := range v {
			path, _ := inner.(string)
			secret = secret || strings.EqualFold(name, "path") && isPassword(path)
			if isPassword(name) {
				v[name] = "…"
				continue
			}
			v[name] = hide(inner, depth+1)
		}
		for name := range v {
			if secret && strings.EqualFold(name, "value") {
				v[name] = "…"
			}
		}
	}
	return v
}

// isPassword checks the end of a name, since a path may precede it: urn:…:User:password.
func isPassword(name string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimSpace(name)), "password")
}

// cut returns a text as the log keeps it: valid UTF-8, and not too long.
func cut(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "�"), "\x00", "�")
	if len(text) <= org.MaxDirectoryBody {
		return text
	}
	end := org.MaxDirectoryBody - len("…")
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
