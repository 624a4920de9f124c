package web

import (
	"strings"

	"rolecall.example/org"
	"rolecall.example/org/fold"
	"rolecall.example/rbac"
	"rolecall.example/views"
)

// question is a question that a person typed in words: who can do something, or whether a person can.
type question struct {
	who string // "" if the question is who
	org.Question
}

// maxUnderstood is the maximum number of interpretations of a text.
const maxUnderstood = 3

// understood reads "who can delete reports" and "can maria start reports" by the names and labels of the catalog.
func understood(c *rbac.Catalog, text string) []question {
	words := strings.Fields(fold.Text(strings.TrimSuffix(strings.TrimSpace(text), "?")))
	switch {
	case len(words) > 2 && words[0] == "who" && words[1] == "can":
		return asked(c, "", words[2:])
	case len(words) > 2 && words[0] == "can":
		var found []question
		for at := 2; at < len(words) && at <= 4 && len(found) == 0; at++ { // a name has up to three words
			found = asked(c, strings.Join(words[1:at], " "), words[at:])
		}
		return found
	}
	return nil
}

// asked returns the permissions whose names begin with these words.
func asked(c *rbac.Catalog, who string, words []string) []question {
	var found []question
	for _, t := range c.Types() {
		for _, a := range t.Actions {
			pair := rbac.Permission{ResourceType: t.Name, Action: a.Name}
			for _, name := range []string{c.Phrase(pair), a.Name + " " + t.Name, a.Label + " " + t.Label, t.Name + " " + a.Name} {
				exact, ok := namesPair(words, strings.Fields(fold.Text(strings.NewReplacer("_", " ", ":", " ").Replace(name))))
				if !ok {
					continue
				}
				q := question{who, org.Question{Action: a.Name, ResourceType: t.Name}}
				if exact {
					return []question{q}
				}
				if len(found) < maxUnderstood {
					found = append(found, q)
				}
				break
			}
		}
	}
	return found
}

// namesPair reports whether each word is the beginning of the word at the same place in a name, and whether all are
// equal except for a plural.
func namesPair(words, name []string) (exact, ok bool) {
	if len(words) != len(name) {
		return false, false
	}
	exact = true
	for i, w := range words {
		w, n := strings.TrimSuffix(w, "s"), strings.TrimSuffix(name[i], "s")
		if !strings.HasPrefix(n, w) || w == "" {
			return false, false
		}
		exact = exact && n == w
	}
	return exact, true
}

// inWords links to the pages that answer a question in words, in the organization that the page is about.
func (s *Server) inWords(c *call, nav *org.Navigation, text string) (links []views.Asked, err error) {
	if nav.Current == nil {
		return nil, nil
	}
	o, catalog := nav.Current, c.catalog()
	for _, q := range understood(catalog, text) {
		doing := catalog.Phrase(rbac.Permission{ResourceType: q.ResourceType, Action: q.Action})
		if q.who == "" {
			if nav.CanReadMembers {
				links = append(links, views.Asked{Text: "Who can " + doing + "?", URL: views.WhoCanURL(o.Name, q.Question)})
			}
			continue
		}
		found, err := s.tenant.Search(c.ctx, c.actor, o.Name, q.who)
		if err != nil {
			return nil, err
		}
		for _, m := range found.Members[:min(len(found.Members), maxUnderstood)] {
			links = append(links, views.Asked{Text: "Can " + m.Label() + " " + doing + "?", URL: views.ExplainURL(o.Name, m.Username, q.Question)})
		}
	}
	return links[:min(len(links), 2*maxUnderstood)], nil
}
