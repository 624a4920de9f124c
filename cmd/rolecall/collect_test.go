package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestPercentOf(t *testing.T) {
	t.Parallel()
	for inUse, want := range map[uint64]int{0: 400, 1 << 20: 400, 8 << 20: 400, 16 << 20: 200, 24 << 20: 133, 32 << 20: 100, 1 << 30: 100} {
		if got := percentOf(inUse); got != want {
			t.Errorf("with %d bytes in use: %d %%, want %d", inUse, got, want)
		}
	}
}

// TestBoundGarbage: the percentage follows the heap in use. It is a setting of the whole process, so this runs alone.
func TestBoundGarbage(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	boundGarbage()
	large := make([]byte, 256<<20)
	for range 1000 {
		runtime.GC()
		percent := debug.SetGCPercent(-1) // tells it
		debug.SetGCPercent(percent)
		if percent == leastOfHeap {
			runtime.KeepAlive(large)
			return
		}
	}
	t.Error("the percentage stays as it was, however large the heap")
}
