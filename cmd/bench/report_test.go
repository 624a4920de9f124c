package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBook compares results with their targets, and reads them back from the files.
func TestBook(t *testing.T) {
	t.Parallel()
	b := book{Date: "2026-03-01", Machine: "a machine", Method: "a method", Sizes: []int{1_000, 10_000}}
	b.note(1_000, fullList, "rows/s", 300_000)
	b.note(10_000, fullList, "rows/s", 249_999)
	b.note(1_000, bareScan, "rows/s", 1_000_000)
	b.note(1_000, "all members, first byte", "ms", 9.99)
	if b.good() {
		t.Error("a missed target is good")
	}
	var out bytes.Buffer
	b.print(&out)
	for _, want := range []string{
		"List of everybody", "300,000 ok", "249,999 BELOW", "0.30 BELOW", "9.99 ok", "≥ 250,000 rows/s", "≤ 10.0 ms", "–",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}

	dir := filepath.Join(t.TempDir(), "performance")
	if err := os.WriteFile(dir+".md", []byte("before\n"+from+"stale\n"+to+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.save(dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(dir + ".md")
	if text := string(page); err != nil || !strings.HasPrefix(text, "before\n") || !strings.HasSuffix(text, "\nafter\n") ||
		strings.Contains(text, "stale") || !strings.Contains(text, "249,999 BELOW") {
		t.Errorf("error %v, the page is\n%s", err, page)
	}
	var again book
	if err := again.load(dir); err != nil || len(again.Figures) != 3 || again.Figures[0].Values[10_000] != 249_999 {
		t.Errorf("loaded %+v, error %v", again, err)
	}

	b.Server = true // which has no targets
	if !b.good() {
		t.Error("a server is held to the targets of a file")
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "0.00", 9.994: "9.99", 10: "10.0", 99.94: "99.9", 100: "100", 1234567: "1,234,567"} {
		if got := short(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
	values := []float64{5, 1, 4, 2, 3}
	if median(values) != 3 || quantile(values, 0.99) != 5 || quantile(values, 0) != 1 || median([]float64(nil)) != 0 {
		t.Errorf("median %v, p99 %v", median(values), quantile(values, 0.99))
	}
}
