package main

import (
	"runtime"
	"runtime/debug"
	measured "runtime/metrics"
)

// How much garbage may be in memory. The heap in use is small compared to the garbage of requests, so with the default,
// as much garbage as heap, collection would run most of the time. Four times as much is only right for a small heap:
// for one that many compressors or a large site have made larger, it would take hundreds of megabytes.
const (
	mostGarbage    = 32 << 20 // bytes, and
	mostOfHeap     = 400      // percent of the heap in use, whichever is less; but at least
	leastOfHeap    = 100      // percent, or a large heap would be collected most of the time
	inUseAfterLast = "/gc/heap/live:bytes"
)

// percentOf returns the percentage to set for a heap with so many bytes in use.
func percentOf(inUse uint64) int {
	return int(max(leastOfHeap, min(mostOfHeap, mostGarbage*100/max(1, inUse))))
}

// boundGarbage sets the percentage now and after each collection.
func boundGarbage() {
	heap := []measured.Sample{{Name: inUseAfterLast}}
	measured.Read(heap)
	debug.SetGCPercent(percentOf(heap[0].Value.Uint64()))
	type collected struct{ _ *byte } // with a pointer in it, it shares its memory with nothing else
	// The cleanup of an unreachable object runs after the next collection, and makes the next such object.
	runtime.AddCleanup(&collected{}, func(struct{}) { boundGarbage() }, struct{}{})
}
