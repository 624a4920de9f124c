package snapshot_test

import (
	"bytes"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"rolecall.example/rbac/snapshot"
)

// million is a million memberships with a thousand roles.
const million = 1_000_000

func load(t testing.TB, s *snapshot.State, data []byte) {
	t.Helper()
	d, err := snapshot.Read(bytes.NewReader(data), keys)
	if err == nil {
		err = s.Load(d)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkAllowed(b *testing.B) {
	s := snapshot.NewState(issuer, time.Now)
	load(b, s, site(b))
	load(b, s, sample(b, million, 1000))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 7919*31) % million
		s.Allowed(user(i), acme, i%128, i&1 == 0)
	}
}

// BenchmarkUser measures the part of BenchmarkAllowed that makes the ids.
func BenchmarkUser(b *testing.B) {
	i := 0
	for b.Loop() {
		i = (i + 7919*31) % million
		user(i)
	}
}

// BenchmarkLoad reports the size of the document, the memory that it takes, and the peak of memory while one document replaces
// another.
func BenchmarkLoad(b *testing.B) {
	data := sample(b, million, 1000)
	s := snapshot.NewState(issuer, time.Now)
	load(b, s, site(b))
	before := heap()
	load(b, s, data)
	held := heap() - before
	var most atomic.Uint64
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most.Store(max(most.Load(), m.HeapAlloc-before))
			}
		}
	}()
	for b.Loop() {
		load(b, s, data)
	}
	close(done)
	b.ReportMetric(float64(len(data))/1e6, "document-MB")
	b.ReportMetric(float64(held)/1e6, "heap-MB")
	b.ReportMetric(float64(most.Load())/1e6, "heap-replacing-MB")
	runtime.KeepAlive(s)
	runtime.KeepAlive(data)
}
