// Package ui has the parts that any page is made of: the frame, icons, form fields, lists with their search and pages,
// messages, avatars and times. Its components take plain values and know nothing of organizations, members or roles.
//
// Everything works without script. Attributes that begin with "hx-" are for htmx, those that begin with "data-" for
// app.js.
package ui

import (
	"hash/fnv"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rolecall.example/org/fold"
)

// Thousands writes n with separators, as in 1,284.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count writes a number, or a dash for a negative one, which means that the reader may not know it.
func Count(n int) string {
	if n < 0 {
		return "–"
	}
	return Thousands(n)
}

// Plural writes a number with its noun: "1 member", "1,284 members".
func Plural(n int, noun string) string { return Thousands(n) + " " + Noun(n, noun) }

// Noun returns the form of a noun for n things.
func Noun(n int, noun string) string {
	switch {
	case n == 1:
		return noun
	case noun == "person":
		return "people"
	case noun == "entry":
		return "entries"
	default:
		return noun + "s"
	}
}

// verbs has the verbs whose singular is not just an added "s".
var verbs = map[string]string{"are": "is", "were": "was", "have": "has", "don’t": "doesn’t"}

// Verb returns the form of a verb for n subjects, given the plural: "lose" or "loses", "are" or "is".
func Verb(n int, plural string) string {
	if n != 1 {
		return plural
	}
	if singular, ok := verbs[plural]; ok {
		return singular
	}
	return plural + "s"
}

// Join puts names in a sentence: "a, b and c".
func Join(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// FirstOf returns the first text that is not blank.
func FirstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

// FieldLabel writes the name of a field for people: "display_name" is "Display name". The name of a permission stays as
// it is.
func FieldLabel(name string) string {
	if name == "" || strings.ContainsAny(name, ":.[") {
		return name
	}
	return strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "_", " ")
}

// Identity returns the second line under the name of an account: the username, unless it is the name, and the e-mail
// address, if known.
func Identity(name, username, email string) string {
	switch {
	case email == "" && name == username:
		return ""
	case email == "":
		return username
	case name == username:
		return email
	default:
		return username + " · " + email
	}
}

// initials returns the letters in an avatar: of the first and the last word, or one character in a script without
// words.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return "?"
	}
	first := []rune(words[0])[0]
	if len(words) == 1 || !unicode.In(first, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
		return string(unicode.ToUpper(first))
	}
	last := []rune(words[len(words)-1])[0]
	return string(unicode.ToUpper(first)) + string(unicode.ToUpper(last))
}

// initial returns the first letter of a name, for a logo.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "?"
}

// avatarClass picks one of the six colours, always the same for the same account.
func avatarClass(username string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(username)) // a hash takes everything
	return "av-" + strconv.Itoa(int(h.Sum32()%6))
}

// piece is a part of a text that matches the search, or does not.
type piece struct {
	text string
	hit  bool
}

// pieces splits text at the matches of query, in whole letters: half of a typed double s also matches an ß.
func pieces(text, query string) []piece {
	want := fold.Text(strings.TrimSpace(query))
	if want == "" {
		return []piece{{text: text}}
	}
	var folded strings.Builder
	var from []int // for each byte of folded, where its letter begins in text
	for at, letter := range text {
		to := fold.Text(string(letter))
		folded.WriteString(to)
		for range len(to) {
			from = append(from, at)
		}
	}
	from = append(from, len(text))
	var out []piece
	shown := 0
	for at, key := 0, folded.String(); ; {
		found := strings.Index(key[at:], want)
		if found < 0 {
			break
		}
		begin := at + found
		for at = begin + len(want); from[at] == from[at-1]; at++ { // to the end of the letter
		}
		if from[begin] > shown {
			out = append(out, piece{text: text[shown:from[begin]]})
		}
		out = append(out, piece{text: text[from[begin]:from[at]], hit: true})
		shown = from[at]
	}
	if shown < len(text) {
		out = append(out, piece{text: text[shown:]})
	}
	return out
}

// Sentence turns a phrase into a sentence; "" stays "".
func Sentence(phrase string) string {
	if phrase == "" {
		return ""
	}
	first, n := utf8.DecodeRuneInString(phrase)
	s := string(unicode.ToUpper(first)) + phrase[n:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
