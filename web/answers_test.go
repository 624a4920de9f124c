package web

import (
	"regexp"
	"strconv"
	"testing"
)

// TestTags: servers of one database tag an answer alike, and no two answers have one tag.
func TestTags(t *testing.T) {
	t.Parallel()
	one := Options{TagKey: []byte("secret"), Version: "v1"}
	key := cacheKey{state: "a", uri: "/b", coding: "gzip"}
	tag := newAnswers(one).tag(key)
	if again := newAnswers(one).tag(key); again != tag || !regexp.MustCompile(`^"[\w-]{22}"$`).MatchString(tag) {
		t.Errorf("the tags are %s and %s", tag, again)
	}
	for name, other := range map[string]string{
		"secret":   newAnswers(Options{TagKey: []byte("other"), Version: "v1"}).tag(key),
		"version":  newAnswers(Options{TagKey: one.TagKey, Version: "v2"}).tag(key),
		"style":    newAnswers(Options{TagKey: one.TagKey, Version: "v1", Wire: one.Wire + 1}).tag(key),
		"state":    newAnswers(one).tag(cacheKey{state: "b", uri: "/b", coding: "gzip"}),
		"coding":   newAnswers(one).tag(cacheKey{state: "a", uri: "/b"}),
		"boundary": newAnswers(one).tag(cacheKey{state: "a/", uri: "b", coding: "gzip"}),
	} {
		if other == tag {
			t.Errorf("another %s has the same tag", name)
		}
	}
}

// TestKeptAnswers: what is wanted again and again stays, and what is not goes first; the memory is bounded.
func TestKeptAnswers(t *testing.T) {
	t.Parallel()
	a := newAnswers(Options{})
	at := func(i int) cacheKey { return cacheKey{uri: "/" + strconv.Itoa(i)} }
	for i := range 3 * maxKept / maxAnswer {
		a.put(at(i), &answer{body: make([]byte, maxAnswer)})
		if a.get(at(0)) == nil {
			t.Fatalf("what is wanted each time is gone after %d others", i)
		}
		if i > 2 && i < maxKept/maxAnswer-1 && a.get(at(2)) == nil {
			t.Fatalf("an answer is gone while there is room, after %d", i)
		}
	}
	if a.get(at(1)) != nil || a.get(at(3*maxKept/maxAnswer-1)) == nil {
		t.Error("the oldest stays, or the newest is gone")
	}
	size := 0
	for e := a.order.Front(); e != nil; e = e.Next() {
		size += e.Value.(*kept).size
	}
	if size != a.size || size > maxKept || size < maxKept-2*maxAnswer || a.order.Len() != len(a.byKey) {
		t.Errorf("%d bytes in %d answers, counted as %d in %d", size, a.order.Len(), a.size, len(a.byKey))
	}
	again := &answer{body: []byte("x")}
	a.put(at(0), again)
	if a.get(at(0)) == again || a.size != size {
		t.Error("an answer is kept twice")
	}
}
