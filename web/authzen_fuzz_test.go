package web

import (
	"strings"
	"testing"

	"rolecall.example/org"
)

// FuzzAccessBody: a body of the AuthZEN API is taken or refused with a sentence, and a question has all its parts.
func FuzzAccessBody(f *testing.F) {
	for _, seed := range []string{
		`{"subject":{"type":"user","id":"a"},"action":{"name":"read"},"resource":{"type":"x","id":"1"}}`, `{"evaluations":[{},null,1,"x",[]]}`,
		`{"subject":{"type":"user","id":"a"},"evaluations":[{"subject":{"id":"b"}},{"subject":{"type":"user"}}]}`, `{"page":{"limit":1e3,"token":"x"}}`,
		`{"options":{"explain":true,"evaluations_semantic":"deny_on_first_deny"}}`, `{"a":1,"a":2}`, `{"subject":{"type":1}}`, `[`, `{"context":[]}`, ``,
		`{"action":{"name":"\ud800"}}`, `{"resource":{"properties":{"organization":null}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		b, err := received(typeJSON, body, false).accessBody()
		if err != nil {
			checkTold(t, body, err)
			return
		}
		items, many := b.items()
		b.semantic()
		b.explain()
		if limit, _ := b.page(); b.problem() == nil && (limit < 1 || limit > maxFound) {
			t.Errorf("%q: a page of %d", body, limit)
		}
		b.checkDefaults()
		for i := range items {
			q, problem := b.item(items[i])
			if problem == nil && (q.Subject.Type == "" || q.Subject.ID == "" || q.Action.Name == "" || q.Resource.Type == "" || q.Resource.ID == "") {
				t.Errorf("%q: %+v lacks something", body, q)
			}
			if problem != nil {
				checkTold(t, body, problem)
			}
		}
		if q := b.question(b.fields, nil, askSubject|askAction|askResource); b.problem() == nil && !many && (q.Subject.ID == "" || q.Resource.ID == "") {
			t.Errorf("%q: %+v lacks something", body, q)
		}
		if err := b.problem(); err != nil {
			checkTold(t, body, err)
		}
	})
}

func checkTold(t *testing.T, body string, err error) {
	t.Helper()
	if k := org.KindOf(err); k != org.Invalid && k != org.TooLarge || !strings.HasSuffix(err.Error(), ".") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q: %v", body, err)
	}
}
