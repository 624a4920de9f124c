package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"
)

// plot shows figures against the number of members, both on a logarithmic scale. A flat line costs the same at every size;
// one with the slope 1 reads everything.
type plot struct {
	file, title, unit string
	figures           []string
}

// Each of the plots has figures that belong together and have one unit. Figures that were not measured are left out.
var plots = []plot{
	{"requests.svg", "Requests a second", "requests/s", []string{
		emptyAnswer, memoryPage, firstPages, freshPages, htmlPages, orgRoles, oneCheck, manyChecks,
	}},
	{"pages.svg", "Time of a page, in ms", "ms", []string{
		"first page, median", "page in the middle, median", "page at the end, median",
		"sort by name, median", "sort by updated_at, median", things.Seeking + ", median",
	}},
	{"search.svg", "Search and filter, p99 in ms", "ms", []string{
		"search by a username, HTML, p99", "search for what a fiftieth has, HTML, p99", "search for what everybody has, HTML, p99",
		"search for what everybody has, JSON, p99", "filter by a role that a sixth holds, HTML, p99",
	}},
	{"lists.svg", "The list of everybody, rows a second", "rows/s", []string{bareScan, fullList, "all members, CSV"}},
	{"writes.svg", "Writes a second, each waiting for the disk", "writes/s", []string{bareInserts, assigning, "assign, 8 clients", bulk}},
}

// The area of a plot, in pixels. The names of the lines are to its right.
const (
	fieldLeft, fieldTop     = 70.0, 44.0
	fieldWidth, fieldHeight = 400.0, 280.0
	plotWidth, plotHeight   = 800, 380
	fieldRight, fieldBottom = fieldLeft + fieldWidth, fieldTop + fieldHeight
	lineOfText              = 15.0
)

// The colours of the lines are distinct on white and on black; the lines are labelled as well.
var colours = []string{"#4477aa", "#cc6677", "#2a9d55", "#b8860b", "#8866bb", "#2299aa", "#999999", "#d2691e"}

// style follows the reader's colour scheme, as the page around it does.
const style = `<style>
text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-size: 15px; font-weight: 600 }
.grid { stroke: #8884; fill: none } .line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #ccc } }
</style>
`

// draw returns the plot as SVG with rounded numbers, so that a diff shows what changed in a run.
func (p *plot) draw(b *book) []byte {
	x, y := p.scales(b)
	var svg bytes.Buffer
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">`+"\n%s",
		plotWidth, plotHeight, html.EscapeString(p.title), style)
	fmt.Fprintf(&svg, `<text class="title" x="%g" y="22">%s</text>`+"\n", fieldLeft, html.EscapeString(p.title))
	for _, tick := range y.ticks() {
		at := fieldBottom - y.of(tick)*fieldHeight
		fmt.Fprintf(&svg, `<path class="grid" d="M%g %.1fH%g"/><text x="%g" y="%.1f" text-anchor="end">%s</text>`+"\n",
			fieldLeft, at, fieldRight, fieldLeft-8, at+4, axisLabel(tick))
	}
	for _, n := range b.Sizes {
		at := fieldLeft + x.of(float64(n))*fieldWidth
		fmt.Fprintf(&svg, `<path class="grid" d="M%.1f %gV%g"/><text x="%.1f" y="%g" text-anchor="middle">%s</text>`+"\n",
			at, fieldTop, fieldBottom, at, fieldBottom+18, grouped(float64(n)))
	}
	fmt.Fprintf(&svg, `<text x="%g" y="%g" text-anchor="middle">members</text>`+"\n", fieldLeft+fieldWidth/2, fieldBottom+38)
	fmt.Fprintf(&svg, `<text transform="translate(16 %g) rotate(-90)" text-anchor="middle">%s</text>`+"\n", fieldTop+fieldHeight/2, p.unit)
	p.drawLines(&svg, b, x, y)
	svg.WriteString("</svg>\n")
	return svg.Bytes()
}

// ending is the end of a line, and the position of its name.
type ending struct {
	name, colour string
	at, label    float64
}

func (p *plot) drawLines(svg *bytes.Buffer, b *book, x, y scale) {
	var endings []ending
	for i, name := range p.figures {
		f := b.figure(name)
		// Its colour is not used, so that each line has the same one in every run.
		if f == nil {
			continue
		}
		path, at := "", 0.0
		for _, n := range b.Sizes {
			v, ok := f.Values[n]
			if !ok {
				continue
			}
			at = fieldBottom - y.of(v)*fieldHeight
			px := fieldLeft + x.of(float64(n))*fieldWidth
			path += fmt.Sprintf("%c%.1f %.1f", "ML"[min(len(path), 1)], px, at)
			fmt.Fprintf(svg, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, px, at, colours[i])
		}
		fmt.Fprintf(svg, `<path class="line" stroke="%s" d="%s"/>`+"\n", colours[i], path)
		endings = append(endings, ending{name, colours[i], at, at})
	}
	// Overlapping names move down, and all of them up again if that leaves the area.
	slices.SortStableFunc(endings, func(a, b ending) int { return int(math.Copysign(1, a.at-b.at)) })
	for i := 1; i < len(endings); i++ {
		endings[i].label = max(endings[i].label, endings[i-1].label+lineOfText)
	}
	for i, limit := len(endings)-1, fieldBottom; i >= 0; i, limit = i-1, limit-lineOfText {
		endings[i].label = min(endings[i].label, limit)
	}
	for _, e := range endings {
		fmt.Fprintf(svg, `<path stroke="%s" fill="none" d="M%g %.1fL%g %.1f"/><text x="%g" y="%.1f">%s</text>`+"\n",
			e.colour, fieldRight+5, e.at, fieldRight+22, e.label, fieldRight+27, e.label+4, html.EscapeString(e.name))
	}
}

// scale is a logarithmic scale.
type scale struct{ low, high float64 }

// of returns where a value is along the scale, from 0 to 1. Zero has no logarithm, so nothing is below the low end.
func (s scale) of(v float64) float64 {
	return (math.Log10(max(v, s.low)) - math.Log10(s.low)) / (math.Log10(s.high) - math.Log10(s.low))
}

// ticks returns the powers of ten, and with few of them also their double and fivefold.
func (s scale) ticks() (list []float64) {
	steps := []float64{1}
	if s.high/s.low < 1000 {
		steps = []float64{1, 2, 5}
	}
	for power := math.Floor(math.Log10(s.low)); power <= math.Log10(s.high); power++ {
		for _, step := range steps {
			if v := step * math.Pow(10, power); v >= s.low*0.999 && v <= s.high*1.001 {
				list = append(list, v)
			}
		}
	}
	return list
}

// scales returns scales that contain everything, with a margin.
func (p *plot) scales(b *book) (x, y scale) {
	x = scale{float64(slices.Min(b.Sizes)), float64(slices.Max(b.Sizes))}
	// With one size the scale would have no length.
	if x.low == x.high {
		x.high *= 10
	}
	y = scale{math.Inf(1), 0}
	for _, name := range p.figures {
		if f := b.figure(name); f != nil {
			for _, v := range f.Values {
				if v > 0 {
					y = scale{min(y.low, v), max(y.high, v)}
				}
			}
		}
	}
	// Nothing was measured: an empty plot is better than none, since the page links to it.
	if y.high == 0 {
		return x, scale{1, 10}
	}
	return x, scale{y.low / 1.5, y.high * 1.5}
}

// axisLabel formats a value, and rounds away the errors that powers of ten leave in a float.
func axisLabel(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%gM", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%gk", v/1e3)
	}
	return fmt.Sprintf("%g", math.Round(v*1e6)/1e6)
}
