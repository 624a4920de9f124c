// Package fold returns the form of a text in which searches compare it: a search for muller finds Müller, and one for
// o'brien finds O’Brien. Names stay as they were typed, and org.FoldCase compares what must be unique.
package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// accents are the marks that people leave out when they look for a name: those of any script, and the points of Hebrew and
// Arabic. The signs that other scripts write vowels with are letters to those who read them, and stay. A list of our own,
// since migration 00027 has it too, and the next version of Unicode must not change what was stored by this one.
var accents = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x0300, Hi: 0x036f, Stride: 1},
	{Lo: 0x0591, Hi: 0x05bd, Stride: 1}, {Lo: 0x05bf, Hi: 0x05bf, Stride: 1}, {Lo: 0x05c1, Hi: 0x05c2, Stride: 1},
	{Lo: 0x05c4, Hi: 0x05c5, Stride: 1}, {Lo: 0x05c7, Hi: 0x05c7, Stride: 1},
	{Lo: 0x0610, Hi: 0x061a, Stride: 1}, {Lo: 0x064b, Hi: 0x065f, Stride: 1}, {Lo: 0x0670, Hi: 0x0670, Stride: 1},
	{Lo: 0x06d6, Hi: 0x06dc, Stride: 1}, {Lo: 0x06df, Hi: 0x06e4, Stride: 1}, {Lo: 0x06e7, Hi: 0x06e8, Stride: 1},
	{Lo: 0x06ea, Hi: 0x06ed, Stride: 1},
	{Lo: 0x1ab0, Hi: 0x1aff, Stride: 1}, {Lo: 0x1dc0, Hi: 0x1dff, Stride: 1}, {Lo: 0x20d0, Hi: 0x20ff, Stride: 1},
	{Lo: 0x3099, Hi: 0x309a, Stride: 1}, {Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, {Lo: 0xfe20, Hi: 0xfe2f, Stride: 1},
}}

// letters are those that Unicode does not decompose, with what people type who lack them on their keyboard.
var letters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'ħ': "h", 'ŧ': "t", 'ı': "i", 'ς': "σ",
	'’': "'", '‘': "'", 'ʼ': "'", 'ʻ': "'", '‛': "'", '′': "'", '`': "'", '“': `"`, '”': `"`, '„': `"`, '‐': "-", '–': "-",
}

// Text returns s without case, accents, and the kind of apostrophe. Each character is folded separately, so that a part of s
// folds to a part of what s folds to.
func Text(s string) string {
	if isPlain(s) {
		return strings.ToLower(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	// Unicode decomposes a standalone acute accent into a space and a mark, but people type it as an apostrophe.
	for _, r := range norm.NFKD.String(strings.ReplaceAll(s, "´", "'")) {
		if unicode.Is(accents, r) {
			continue
		}
		r = unicode.ToLower(r)
		if l, ok := letters[r]; ok {
			b.WriteString(l)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isPlain reports whether folding s changes nothing but case, as in nearly all usernames and addresses.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] == '`' {
			return false
		}
	}
	return true
}
