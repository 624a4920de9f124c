package web

import (
	"regexp"
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
