package webtest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/views"
)

// Row is a row of a table that changes nothing: a request that reads, or one that is refused.
type Row struct {
	Name string
	Request
	Status int
	Has    string // stands in the answer, on pages in their words; nothing is looked for if ""
}

// Table sends each row in every way that it can be sent, and calls check, which may be nil, with the answer. Rows that
// read or are refused share the sites of Unchanged; each of the others has a site of its own.
func Table(t *testing.T, prepare func(*testing.T, *Site), rows []Row, check func(*testing.T, Way, *Site, *Row, *Response)) {
	t.Helper()
	var harmless []Row
	for _, row := range rows {
		if row.Status >= 400 || row.Method == http.MethodGet || row.Method == "" && row.JSON == nil && row.Form == nil {
			harmless = append(harmless, row)
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			InEveryWay(t, row.Request, row.Status, prepare, func(t *testing.T, way Way, s *Site, res *Response) {
				if check != nil {
					check(t, way, s, &row, res)
				}
			})
		})
	}
	Unchanged(t, prepare, harmless, check)
}

// Unchanged sends each row in every way that it can be sent: one without a page only in those of programs. A way has one
// site for all rows, because no row may change what is stored; that is looked at after each of them. check may be nil.
func Unchanged(t *testing.T, prepare func(*testing.T, *Site), rows []Row, check func(*testing.T, Way, *Site, *Row, *Response)) {
	t.Helper()
	for _, way := range []Way{JSON, SDK, Page, Fragment} {
		rows := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !slices.Contains(ways(r.Request), way) })
		if len(rows) == 0 {
			continue
		}
		t.Run(way.String(), func(t *testing.T) {
			t.Parallel()
			s := newIn(t, way)
			if prepare != nil {
				prepare(t, s)
			}
			before := s.State(t)
			for i := range rows {
				row := &rows[i]
				t.Run(row.Name, func(t *testing.T) {
					res := s.Send(t, way, row.Request)
					row.check(t, way, res)
					after := s.State(t)
					if diff := cmp.Diff(before, after); diff != "" {
						t.Errorf("stored (-before +after)\n%s", diff)
					}
					before = after
					if check != nil {
						check(t, way, s, row, res)
					}
				})
			}
		})
	}
}

func (row *Row) check(t *testing.T, way Way, res *Response) {
	t.Helper()
	want := way.expected(row.Request, row.Status)
	if res.StatusCode != want {
		t.Errorf("got %d, want %d\n%.1500s", res.StatusCode, want, res.Body)
	}
	toLogin, has := way.Browser() && row.Status == http.StatusUnauthorized, row.Has
	if way.Browser() {
		has = views.Plainly(&org.Error{Message: has}).Message
	}
	if !toLogin && !strings.Contains(unescaped(res), has) {
		t.Errorf("does not say %q\n%.1500s", has, res.Body)
	}
}

// unescaped returns an answer as a client shows it.
func unescaped(res *Response) string {
	text := res.Text()
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		text = strings.NewReplacer(`\"`, `"`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\n`, "\n", `\\`, `\`).Replace(text)
	}
	return text
}
