package org_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org/directory"
	"rolecall.example/org/scim"
)

// TestDirectoryMany sends a company of ten thousand people as a directory does, reads it back page by page and asks for some of
// them, each request with its row in the log, and logs how fast that was: docs/performance.md has the figures. Without
// ROLECALL_DEEP it is a company of a hundred.
func TestDirectoryMany(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	people, senders := 100, 4
	if deep {
		people, senders = 10_000, 8
	}
	note := func(path string) {
		s.Directory.Note(t.Context(), s.c, directory.Request{Method: "GET", Path: path, Status: 200, Body: []byte(`{"userName":"someone@corp.example"}`)})
	}
	rate := func(what string, n int, began time.Time) {
		t.Logf("%s: %d in %s, %.0f a second", what, n, time.Since(began).Round(time.Millisecond), float64(n)/time.Since(began).Seconds())
	}
	began := time.Now()
	var wg sync.WaitGroup
	for c := range senders {
		wg.Go(func() {
			for i := c; i < people; i += senders {
				if _, err := s.user(fmt.Sprintf("p%05d@corp.example", i), fmt.Sprintf(`,"externalId":"x%d","displayName":"Person %d"`, i, i)); err != nil {
					t.Errorf("person %d: %v", i, err)
				}
				note("/Users")
			}
		})
	}
	wg.Wait()
	rate("create", people, began)

	seen, most := map[uuid.UUID]bool{}, uint64(0)
	began = time.Now()
	for start := 1; start <= people; start += 100 {
		l, err := s.Directory.ListUsers(t.Context(), s.c, scim.Query{Start: start, Count: 100})
		if err != nil || l.Total != people {
			t.Fatalf("the page from %d: %d people, %v", start, l.Total, err)
		}
		for i := range l.Resources {
			seen[l.Resources[i].ID] = true
		}
		note("/Users?startIndex=…")
		if start%2500 == 1 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	rate("pages of 100", (people+99)/100, began)
	t.Logf("the heap was %d MiB at most", most>>20)
	if len(seen) != people {
		t.Errorf("the pages have %d people, want %d", len(seen), people)
	}

	find := func(filter string, want int) {
		t.Helper()
		f, err := scim.ParseFilter(filter, scim.Users)
		if err != nil {
			t.Fatal(err)
		}
		if l, err := s.Directory.ListUsers(t.Context(), s.c, scim.Query{Filter: f, Start: 1, Count: 1}); err != nil || l.Total != want {
			t.Fatalf("%s: %d, %v, want %d", filter, l.Total, err, want)
		}
		note("/Users?filter=…")
	}
	began = time.Now()
	for i := 0; i < people; i += 10 {
		find(fmt.Sprintf(`userName eq "P%05d@corp.example"`, i), 1)
	}
	rate("filters by userName", people/10, began)
	began = time.Now()
	find(`displayName co "person" and active eq true`, people)
	rate("filters that no index answers", 1, began)
}
