package directory

import "testing"

// TestRequestLog: requests wait for each other, not for long, and not more of them than may.
func TestRequestLog(t *testing.T) {
	t.Parallel()
	var l requestLog
	for i := range noteMany {
		if many := l.add([]noted{{}}, func() {}); many != (i == noteMany-1) {
			t.Fatalf("request %d: wait no longer is %v", i, many)
		}
	}
	list, lost := l.take()
	if len(list) != noteMany || lost != 0 || l.timer != nil {
		t.Errorf("%d wait, %d are lost", len(list), lost)
	}
	// What could not be written comes first again, until there is no room: then the oldest go.
	for range maxNoted - 1 {
		l.add([]noted{{}}, func() {})
	}
	list[1].Status = 1
	l.back(list[:2], func() {})
	if list, lost := l.take(); len(list) != maxNoted || lost != 1 || list[0].Status != 1 {
		t.Errorf("%d wait, %d are lost, the first is %d", len(list), lost, list[0].Status)
	}
}
