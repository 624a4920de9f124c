package org_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// A search finds what evaluations allow, one by one, for every caller; and its pages are the whole of it.
func TestAccessSearchIsFilteredEvaluation(t *testing.T) {
	t.Parallel()
	found, refused := 0, 0
	for seed := range worlds(4) {
		w := peopledWorld(t, 300+seed)
		for _, name := range []string{"Sue", "oau", "x"} {
			w.exec(t, "UPDATE users SET status = 'suspended' WHERE username = ?", name)
		}
		for range 200 {
			caller := w.as(t, pickOf(w, []string{"o", "ua", "au", "dealer", "m", "oa", "pa", "viewer", "reader"}))
			q := w.accessQuestion()
			base := pickOf(w, []string{"", "", "", "default", "beta"})
			for _, kind := range []string{"subject", "action", "resource"} {
				n, ok := w.compareSearch(t, caller, base, q, kind)
				found += n
				if !ok {
					refused++
				}
			}
		}
	}
	if found < 300 || refused < 30 {
		t.Errorf("%d results and %d refusals: that tests little", found, refused)
	}
}

func pickOf[T any](w *world, list []T) T { return list[w.rng.IntN(len(list))] }

// accessQuestion is a question about anybody and anything, sometimes about what is not there.
func (w *world) accessQuestion() org.AccessQuestion {
	types := rbac.Default().Types()
	rt := types[w.rng.IntN(len(types))]
	if w.rng.IntN(2) == 0 {
		rt.Name = pickOf(w, []string{"organization", "user", "organization_member", "template"})
		i := slices.IndexFunc(types, func(t rbac.ResourceType) bool { return t.Name == rt.Name })
		rt = types[i]
	}
	q := org.AccessQuestion{
		Subject:  org.AccessEntity{Type: "user", ID: pickOf(w, people).name},
		Action:   org.AccessAction{Name: pickOf(w, rt.Actions).Name},
		Resource: org.AccessEntity{Type: rt.Name, ID: pickOf(w, people).name, Properties: map[string]any{}},
	}
	if w.rng.IntN(2) == 0 {
		q.Action.Name = "read"
	}
	if rt.Name == "organization" {
		q.Resource.ID = pickOf(w, []string{"default", "beta", "no-such"})
	}
	if w.rng.IntN(5) > 0 && (!rt.SiteOnly || w.rng.IntN(9) == 0) {
		q.Resource.Properties["organization"] = pickOf(w, []string{"default", home.String(), "beta", "default", "no-such"})
	}
	switch w.rng.IntN(4) {
	case 0:
		q.Resource.Properties["owner_id"] = pickOf(w, []string{"me", id("m").String(), "dealer", "Sue", "pm", "nobody", id("nobody").String()})
	case 1:
		q.Context = map[string]any{"organization": pickOf(w, []string{"default", "beta"})}
	}
	return q
}

// compareSearch compares a search with evaluations of all that it could find. It returns how much was found, and false if
// nothing can be searched for.
func (w *world) compareSearch(t *testing.T, caller *org.Actor, base string, q org.AccessQuestion, kind string) (int, bool) {
	t.Helper()
	var candidates []string
	search, with := w.SearchSubjects, func(q *org.AccessQuestion, name string) { q.Subject.ID = name }
	for _, p := range people {
		candidates = append(candidates, p.name)
	}
	switch kind {
	case "action":
		search, with = w.SearchActions, func(q *org.AccessQuestion, name string) { q.Action.Name = name }
		candidates = nil
		for _, rt := range rbac.Default().Types() {
			for _, a := range rt.Actions {
				if rt.Name == q.Resource.Type {
					candidates = append(candidates, a.Name)
				}
			}
		}
	case "resource":
		search, with = w.SearchResources, func(q *org.AccessQuestion, name string) { q.Resource.ID = name }
		switch q.Resource.Type {
		case "organization":
			candidates = []string{"default", "Beta"} // as they are stored
		case "user", "organization_member":
		default:
			_, err := search(t.Context(), caller, base, q, org.AccessPage{Limit: 1})
			if err == nil || !strings.Contains(err.Error(), "search for organizations instead") {
				t.Fatalf("things of %s: %v", q.Resource.Type, err)
			}
			return 0, false
		}
	}
	got, err := everyPage(t.Context(), search, caller, base, q, 1+w.rng.IntN(4))
	want, asked := w.evaluated(t, caller, base, q, candidates, with)
	what := fmt.Sprintf("%s of %+v as %s below %q", kind, q, caller.User.Username, base)
	if err != nil {
		if org.KindOf(err) != org.Invalid || asked {
			t.Fatalf("%s: %v, want %v", what, err, want)
		}
		return 0, false
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
	return len(got), true
}

// evaluated evaluates the question with each candidate. asked is false if none could be asked.
func (w *world) evaluated(t *testing.T, caller *org.Actor, base string, q org.AccessQuestion, candidates []string, with func(*org.AccessQuestion, string)) (want []string, asked bool) {
	t.Helper()
	qs := make([]org.AccessQuestion, len(candidates))
	for i, name := range candidates {
		qs[i] = q
		with(&qs[i], name)
	}
	list, err := w.EvaluateAccess(t.Context(), caller, base, qs)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range list {
		if d.Allowed {
			want = append(want, candidates[i])
		}
		if d.Problem == nil {
			asked = true
		}
		if d.Problem != nil && d.Allowed {
			t.Fatalf("%+v is allowed and has a problem", qs[i])
		}
	}
	slices.Sort(want)
	return want, asked
}

type searchOf func(context.Context, *org.Actor, string, org.AccessQuestion, org.AccessPage) (org.AccessFound, error)

// everyPage is the results of all pages.
func everyPage(ctx context.Context, search searchOf, caller *org.Actor, base string, q org.AccessQuestion, limit int) (all []string, err error) {
	p := org.AccessPage{Limit: limit}
	for range 1000 {
		found, err := search(ctx, caller, base, q, p)
		if err != nil {
			return nil, err
		}
		if len(found.Names) > limit || found.Next != "" && len(found.Names) < limit {
			return nil, fmt.Errorf("a page has %d of %d results, and then %q", len(found.Names), limit, found.Next)
		}
		all = append(all, found.Names...)
		if found.Next == "" {
			return all, nil
		}
		p.After = found.Next
	}
	return nil, fmt.Errorf("pages without end: %v", all)
}
