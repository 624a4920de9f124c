package oidc_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rolecall.example/web/oidc"
)

const whole = `"id":"okta","name":"Okta","issuer":"https://acme.okta.com","client_id":"c","client_secret_env":"SECRET"`

func read(t *testing.T, text string) ([]oidc.Settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "providers.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return oidc.Read(path, func(name string) string {
		if name == "SECRET" {
			return "hush"
		}
		return ""
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	list, err := read(t, `{"providers":[{`+whole+`},{"id":"corp","name":"Corp","issuer":"http://127.0.0.1:9000","client_id":"c","client_secret_env":"SECRET",
		"userinfo":false,"signup":true,"link_by_external_id":"oid","email_domains":["Example.com"],"logout":"auto","signing_algs":["ES256"],"coder_callback":true}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if s := list[0]; !s.UserInfo || s.Logout != oidc.LogoutLink || s.EmailClaim != "email" || s.ClientSecret != "hush" || len(s.Algorithms) != 4 || len(s.Scopes) != 3 || s.Signup {
		t.Errorf("the defaults are %+v", s)
	}
	if s := list[1]; s.UserInfo || !s.Signup || s.EmailDomains[0] != "example.com" || s.Logout != oidc.LogoutAuto || !s.CoderCallback || s.LinkByExternalID != "oid" {
		t.Errorf("got %+v", s)
	}
}

// TestBadSettings: each mistake is one line that names the key.
func TestBadSettings(t *testing.T) {
	t.Parallel()
	one := func(more string) string { return `{"providers":[{` + whole + more + `}]}` }
	other := func(key, value string) string {
		return `{"providers":[{` + strings.Replace(whole, `"`+key+`":`, `"`+key+`":`+value+`,"x":`, 1) + `}]}`
	}
	for name, tt := range map[string]struct{ text, want string }{
		"not JSON":           {`{`, "EOF"},
		"no providers":       {`{"providers":[]}`, "1 to 10"},
		"too many":           {`{"providers":[` + strings.Repeat(`{},`, 10) + `{}]}`, "not 11"},
		"unknown key":        {one(`,"link_by_mail":true`), "link_by_mail"},
		"key in capitals":    {one(`,"Signup":true`), "Signup"},
		"twin keys":          {one(`,"name":"B"`), "name"},
		"two documents":      {one("") + `{}`, "after"},
		"id":                 {strings.Replace(one(""), `"okta"`, `"Okta!"`, 1), "id:"},
		"plain http":         {strings.Replace(one(""), "https://acme", "http://acme", 1), "issuer:"},
		"no URL":             {strings.Replace(one(""), "https://acme.okta.com", "acme", 1), "issuer:"},
		"every tenant":       {strings.Replace(one(""), "https://acme.okta.com", "https://login.microsoftonline.com/common/v2.0", 1), "tenant"},
		"no secret":          {strings.Replace(one(""), `,"client_secret_env":"SECRET"`, "", 1), "client_secret_file"},
		"secret not set":     {strings.Replace(one(""), `"SECRET"`, `"OTHER"`, 1), "OTHER is not set"},
		"no such file":       {strings.Replace(one(""), `"client_secret_env":"SECRET"`, `"client_secret_file":"/nowhere"`, 1), "client_secret_file: "},
		"alg none":           {one(`,"signing_algs":["none"]`), "signing_algs"},
		"alg HS256":          {one(`,"signing_algs":["HS256"]`), "signing_algs"},
		"no openid":          {one(`,"scopes":["email"]`), "openid"},
		"logout":             {one(`,"logout":"maybe"`), "logout"},
		"signup for all":     {one(`,"signup":true`), "email_domains or require"},
		"require of nothing": {one(`,"require":{"claim":"groups","values":[]}`), "require"},
		"domain":             {one(`,"email_domains":["@x"]`), "email_domains"},
		"truncated_at":       {one(`,"truncated_at":-1`), "truncated_at: -1 is not 0 to"},
		"sync_lifetime":      {one(`,"sync_lifetime":"1m"`), "sync_lifetime: it must be an hour"},
		"mfa":                {one(`,"mfa":"none"`), "mfa"},
		"fuse":               {one(`,"fuse_percent":101`), "fuse_percent: 101 is not 0 to 100"},
		"external id":        {one(`,"link_by_external_id":"o\u0007id"`), "link_by_external_id"},
		"same id":            {`{"providers":[{` + whole + `},{` + strings.Replace(whole, "acme", "b", 1) + `}]}`, "there twice"},
		"same issuer":        {`{"providers":[{` + whole + `},{` + strings.Replace(whole, `"okta"`, `"b"`, 1) + `}]}`, "issuer"},
		"a number as name":   {other("name", "5"), "name"},
	} {
		_, err := read(t, tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want a line with %q", name, err, tt.want)
		}
	}
}

// TestPapers: what the pages about providers say stands in the file of settings can stand there.
func TestPapers(t *testing.T) {
	t.Parallel()
	papers, err := filepath.Glob("../../docs/providers/*.md")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, paper := range papers {
		text, err := os.ReadFile(paper)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			tried++
			file := regexp.MustCompile(`"client_secret_file": "[^"]*"`).ReplaceAllString(block[1], `"client_secret_env": "SECRET"`)
			list, err := read(t, file)
			if err != nil {
				t.Errorf("%s: %v", paper, err)
				continue
			}
			if id := list[0].ID; !strings.Contains(string(text), "/login/oidc/"+id+"/callback") || filepath.Base(paper) != id+".md" {
				t.Errorf("%s has the provider %q and another redirect URI", paper, id)
			}
		}
	}
	if tried != 7 {
		t.Errorf("%d entries were tried", tried)
	}
}
