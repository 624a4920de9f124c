package main

import (
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/org/catalogfile"
	"rolecall.example/rbac"
)

// visitor walks through the pages of a site as a browser without script does, and looks for words that are of no catalog
// but the default one.
type visitor struct {
	t       *testing.T
	base    string
	client  *http.Client
	words   productWords
	known   map[string]bool // texts that were looked at
	catalog string          // what the catalog of the site says: its words are no strangers
	seen    int
}

// get opens a page and reads it; post sends a form.
func (v *visitor) get(path string) *goquery.Document { return v.open(http.MethodGet, path, nil) }

func (v *visitor) post(path string, form url.Values) *goquery.Document {
	return v.open(http.MethodPost, path, form)
}

func (v *visitor) open(method, path string, form url.Values) *goquery.Document {
	v.t.Helper()
	req := request(v.t.Context(), v.t, method, v.base+path, form.Encode())
	req.Header.Set("Accept", "text/html")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		_, _ = io.Copy(io.Discard, res.Body)
		return nil
	}
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if res.StatusCode >= 400 && res.StatusCode != http.StatusNotFound {
		v.t.Errorf("%s %s: %s %s", method, path, res.Status, strings.Join(strings.Fields(doc.Find("main").Text()), " "))
	}
	v.read(method+" "+path, doc)
	return doc
}

// read looks at what people read on a page, with what programs read to them, and with the values that they choose.
func (v *visitor) read(where string, doc *goquery.Document) {
	v.t.Helper()
	v.seen++
	var texts []string
	doc.Find("title, body").Each(func(_ int, s *goquery.Selection) { texts = append(texts, s.Text()) })
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, name := range []string{"title", "aria-label", "placeholder", "data-text", "data-risks", "name", "value", "data-actions", "data-presets"} {
			texts = append(texts, s.AttrOr(name, ""))
		}
		if s.Children().Length() == 0 && (s.Is("option") || s.Is("b") || s.Is("code")) {
			texts = append(texts, `"`+strings.TrimSpace(s.Text())+`"`)
		}
	})
	strangers := map[string]bool{}
	for _, text := range texts {
		if v.known[text] { // most of a page is on others as well
			continue
		}
		v.known[text] = true
		for _, word := range v.words.in("", text) {
			strangers[word] = strangers[word] || !strings.Contains(v.catalog, strings.ToLower(word))
		}
	}
	maps.DeleteFunc(strangers, func(_ string, strange bool) bool { return !strange })
	if len(strangers) > 0 {
		v.t.Errorf("%s says %q", where, slices.Sorted(maps.Keys(strangers)))
	}
}

// submit sends the form that a selector finds, filled in as it stands but for the changes.
func (v *visitor) submit(doc *goquery.Document, selector string, changes url.Values) *goquery.Document {
	v.t.Helper()
	form := doc.Find(selector).First()
	if form.Length() == 0 {
		v.t.Fatalf("there is no form %s in %s", selector, strings.Join(strings.Fields(doc.Find("main").Text()), " "))
	}
	values := url.Values{}
	form.Find("input[name]:not([disabled])").Each(func(_ int, s *goquery.Selection) {
		kind, _ := s.Attr("type")
		if _, checked := s.Attr("checked"); checked || kind != "radio" && kind != "checkbox" {
			values.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
		}
	})
	for name, list := range changes {
		values[name] = list
	}
	return v.post(form.AttrOr("action", ""), values)
}

// oneOf makes paths of one kind look the same.
var oneOf = regexp.MustCompile(`(/members|/users|/roles|/organizations|/audit)/[^/?]+`)

// crawl opens what pages lead to, a few of each kind.
func (v *visitor) crawl() {
	v.t.Helper()
	kinds, queue := map[string]int{}, []string{"/", "/catalog"}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		doc := v.get(path)
		if doc == nil {
			continue
		}
		doc.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
			href, _, _ := strings.Cut(a.AttrOr("href", ""), "#")
			u, err := url.Parse(href)
			if err != nil || u.Host != "" || u.Path == "" || strings.Contains(href, "format=") || strings.HasPrefix(href, "/docs") || strings.HasSuffix(u.Path, ".json") {
				return
			}
			kind := oneOf.ReplaceAllString(u.Path, "$1/*")
			for name := range u.Query() {
				kind += " " + name
			}
			if kinds[kind]++; kinds[kind] <= 2 {
				queue = append(queue, href)
			}
		})
	}
	if len(kinds) < 25 {
		v.t.Errorf("only %d kinds of pages were found", len(kinds))
	}
}

// change edits a role, reviews that, saves it, and restores what it was.
func (v *visitor) change(role string) {
	v.t.Helper()
	editor := v.get(role)
	cell := editor.Find(`.area .cell:not(.lk) input[value=allow]:not([checked]):not([disabled])`).First().AttrOr("name", "")
	review := v.submit(editor, "form#role", url.Values{cell: {"allow"}, "do": {"review"}})
	if text := review.Find(".diff-l").Text(); !strings.Contains(text, strings.Join(strings.Split(cell, ".")[1:], ":")) {
		v.t.Errorf("the review of %s says %q", cell, text)
	}
	v.submit(review, "form.confirm", nil)
	v.submit(v.get(role+"/history?restore=1"), `form[action$="/restore"]`, nil)
}

// TestOwnCatalogs: the console speaks of the catalog of the site, and of no other. The demo of each example is walked
// through: all kinds of pages, a role that is edited, reviewed and restored, questions, a change of several members.
func TestOwnCatalogs(t *testing.T) {
	for _, name := range []string{"expenses", "hospital", "pipelines"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := "../../examples/catalogs/" + name + ".yaml"
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			document, problems := catalogfile.Read(file, text)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			demo := start(t, map[string]string{"TMPDIR": t.TempDir()}, "", "demo", "--catalog", file, "--members", "120", "--json", "--http-address", "127.0.0.1:0")
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			v := &visitor{
				t: t, base: demo.wait(t, &demo.out, `"url": "(.*)"`), client: &http.Client{Jar: jar},
				known: map[string]bool{"": true}, words: newProductWords(rbac.Default()), catalog: strings.ToLower(string(document.Bytes())),
			}
			v.post("/login", url.Values{"email": {demo.wait(t, &demo.out, `"email": "(.*)"`)}, "password": {demo.wait(t, &demo.out, `"password": "(.*)"`)}})
			v.crawl()
			const home = "/organizations/default"
			v.change(home + "/members/roles/" + document.Samples[0].Name)
			for _, typ := range document.Types {
				about := url.Values{"resource_type": {typ.Name}, "action": {typ.Actions[0].Name}}.Encode()
				can := v.get(home + "/who-can?" + about)
				if got := can.Find("h1").Text(); got != "Who can "+typ.Actions[0].Phrase {
					t.Errorf("the question about %s is %q", typ.Name, got)
				}
				v.get(home + "/members/grace?" + about)
			}
			list := v.get(home + "/members")
			people := list.Find(`#bulk tbody input[type=checkbox]`)
			ticked := url.Values{"add-role": {document.Samples[0].Name}}
			for _, box := range people.EachIter() {
				name := box.AttrOr("name", "")
				ticked[name] = append(ticked[name], box.AttrOr("value", ""))
			}
			v.submit(v.submit(list, "form#bulk", ticked), "form.confirm", nil)
			v.submit(v.get("/audit"), `form[action$="/undo/batch"]`, nil)
			v.get(home + "/lint")
			v.get("/audit?q=resource_type:custom_role")
			t.Logf("%d pages", v.seen)
		})
	}
}
