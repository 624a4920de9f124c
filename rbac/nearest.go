package rbac

import "strings"

// Nearest returns the word of known that word may be a misspelling of, or "" if none is close.
func Nearest(word string, known []string) string {
	best, least := "", max(1, len(word)/3)+1
	for _, k := range known {
		d := Distance(word, k)
		if len(word) > 2 && strings.HasPrefix(k, word) {
			d = 1
		}
		if d < least {
			best, least = k, d
		}
	}
	return best
}

// Distance returns the number of letters to insert, delete, replace or swap with their neighbor to turn a into b.
func Distance(a, b string) int {
	var before []int // two rows above
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			replaced := row[j]
			if a[i] != b[j] {
				replaced++
			}
			next[j+1] = min(replaced, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

// wordAtMost is the length up to which a misspelled word is looked up.
const wordAtMost = 64

// Nearest returns the pair that p may be a misspelling of, such as "invoice:void", or "" if none is close.
func (c *Catalog) Nearest(p Permission) string {
	if p.ResourceType == Wildcard || len(p.ResourceType) > wordAtMost || len(p.Action) > wordAtMost {
		return ""
	}
	k := checker{d: c.document, types: c.byName}
	return k.nearest(p.pair())
}
