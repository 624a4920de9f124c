package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// form is how an answer is given.
type form uint8

const (
	formJSON form = iota
	formPage
	formFragment
)

// The names of htmx's headers stand nowhere but in this file.
const (
	varyOn         = "Accept, HX-Request, HX-Request-Type"
	headerRedirect = "HX-Redirect"
)

// negotiate picks the form that the client asks for: a fragment for htmx, else whichever of JSON and HTML it likes
// better. JSON wins a draw, and is what one gets who accepts neither. csv says that a list is wanted as CSV, which few
// endpoints have; the form still says how a failure is told.
func negotiate(r *http.Request) (f form, csv bool) {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	json, html := quality(accept, "application/json"), quality(accept, "text/html")
	switch {
	case r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-Request-Type") == "partial":
		f = formFragment
	case html > json:
		f = formPage
	}
	if r.URL.Query().Get("format") == "csv" {
		return f, true
	}
	return f, strings.Contains(strings.ToLower(accept), "text/csv") && quality(accept, "text/csv") > max(json, html)
}

// quality is how much an Accept header likes a media type, from 0 to 1: the most specific range that matches counts.
// A missing header accepts everything.
func quality(accept, media string) float64 {
	if strings.TrimSpace(accept) == "" {
		return 1
	}
	kind, _, _ := strings.Cut(media, "/")
	best, q := 0, 0.0
	for part := range strings.SplitSeq(accept, ",") {
		mediaRange, params, _ := strings.Cut(part, ";")
		specific := 0
		switch strings.ToLower(strings.TrimSpace(mediaRange)) {
		case media:
			specific = 3
		case kind + "/*":
			specific = 2
		case "*/*":
			specific = 1
		}
		if specific > best {
			best, q = specific, weight(params)
		}
	}
	return q
}

// weight reads the q of the parameters of a media range. One that cannot be read counts as not accepted.
func weight(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || !(q >= 0 && q <= 1) { // written so that NaN is refused too
				return 0
			}
			return q
		}
	}
	return 1
}

// searchedFor is what the list was searched for that a fragment is for a row of.
func searchedFor(r *http.Request) string {
	u, err := url.Parse(currentPage(r))
	if err != nil {
		return ""
	}
	return u.Query().Get("q")
}

// scripted reports whether script sent a form and will show the page that it leads to.
func (c *call) scripted() bool {
	return c.form == formPage && !c.safe() && c.request().Header.Get("HX-Request") == "true"
}

// sentFrom is the page that a form was sent from, "" when it is not known. Without script it is the page that refers to
// this request.
func sentFrom(r *http.Request) string {
	if page := currentPage(r); page != "" {
		return page
	}
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return ""
	}
	return localPath(u.RequestURI(), "")
}

// currentPage is the path of the page that a fragment was asked from, "" when it is not known.
func currentPage(r *http.Request) string {
	_, rest, ok := strings.Cut(r.Header.Get("HX-Current-URL"), "://")
	if !ok {
		return ""
	}
	_, path, _ := strings.Cut(rest, "/")
	return localPath("/"+path, "")
}
