package ui

import (
	"cmp"
	"slices"
)

// rowChoices are the numbers of rows that a page of a list can have.
var rowChoices = []int{PageSize, 50, 100}

// Paging says which part of a list a page shows.
type Paging struct {
	List   string // URL of the list, without limit and offset
	Limit  int    // rows of a page; 0 if there are no pages
	Size   int    // default page size of the list; 0 for PageSize
	Offset int
	Shown  int
	Count  int
	Capped bool // there are more than Count
}

// rows returns how many rows a page has.
func (p Paging) rows() int { return max(cmp.Or(p.Limit, p.Shown), 1) }

// Span says which rows the page shows: "26–50".
func (p Paging) Span() string {
	if p.Shown == 1 {
		return Thousands(p.Offset + 1)
	}
	return Thousands(p.Offset+1) + "–" + Thousands(p.Offset+p.Shown)
}

// Total says how many rows there are: "1,284", or "10,000+" if counting stopped.
func (p Paging) Total() string {
	if p.Capped {
		return Thousands(p.Count) + "+"
	}
	return Thousands(p.Count)
}

func (p Paging) page() int  { return p.Offset/p.rows() + 1 }
func (p Paging) pages() int { return max((p.Count+p.rows()-1)/p.rows(), 1) }

// limits returns the choices for the number of rows, including the one in force.
func (p Paging) limits() []int {
	out := slices.Clone(rowChoices)
	if !slices.Contains(out, p.rows()) && p.Limit > 0 {
		out = append(out, p.rows())
		slices.Sort(out)
	}
	return out
}

func (p Paging) path() string {
	path, _ := SplitURL(p.List)
	return path
}

// At returns the URL of the page that begins after offset rows.
func (p Paging) At(offset int) string {
	path, q := SplitURL(p.List)
	SetPageOf(q, cmp.Or(p.Size, PageSize), p.Limit, offset)
	return URL(path, q)
}

// previous and next return the URLs of the neighbouring pages, "" if there is none.
func (p Paging) previous() string {
	if p.Offset == 0 {
		return ""
	}
	return p.At(max(0, p.Offset-p.rows()))
}

func (p Paging) next() string {
	if p.Shown == 0 || p.Offset+p.Shown >= p.Count && !p.Capped {
		return ""
	}
	return p.At(p.Offset + p.rows())
}

// Left returns the URL of the list as the reader leaves it, so that the pages of its rows can lead back to it. It is ""
// if they lead there by default.
func (p Paging) Left(byDefault string) string {
	if here := p.At(p.Offset); here != byDefault {
		return here
	}
	return ""
}
