package browsertest

import (
	"net/http"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

const (
	members = "/organizations/default/members"
	roles   = members + "/roles"
)

// hostile is a name that takes every chance to be more than a name. If it ever succeeds there is a dialog, or a request
// to another origin.
const hostile = `<img src=https://evil.example/x onerror=alert(1)><script>alert(2)</script>"'` + "`" + `{{alert(3)}}javascript:alert(4)`

// names are those of people, as long and as strange as they come.
var names = map[string]string{
	"hostile": hostile,
	"long":    strings.TrimSpace(strings.Repeat("Wolfeschlegelsteinhausenbergerdorff ", 3)),
	"endless": strings.Repeat("x", 128),
	"arabic":  "محمد بن عبد الله الفارسي",
	"hebrew":  "אברהם בן־יצחק (מנהל)",
	"chinese": "歐陽修・司馬光・王安石・蘇軾・曾鞏・歐陽詢",
	"thai":    "สมชาย ใจดีมากที่สุดในโลก",
	"emoji":   "👩‍👩‍👧‍👦 Família 🏳️‍🌈",
	"zalgo":   "Z̸̢̛a̷l̶g̵o̴ T̸e̵x̶t̷",
}

// world is a site with everything in it that a page can show.
func world(t *testing.T) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	api := func(method, path string, body any) {
		t.Helper()
		res := s.Do(t, webtest.Request{As: webtest.Owner, Method: method, Path: path, JSON: body})
		if res.StatusCode >= 300 {
			t.Fatalf("%s %s: got %d\n%s", method, path, res.StatusCode, res.Body)
		}
	}
	type permission map[string]any
	allow := func(of, action string) permission { return permission{"resource_type": of, "action": action} }
	deny := func(of, action string) permission {
		return permission{"resource_type": of, "action": action, "negate": true}
	}
	api(http.MethodPut, roles, map[string]any{"name": "ci", "display_name": "CI robots", "organization_permissions": []permission{
		allow("template", "read"), allow("template", "update"), allow("workspace", "create"), deny("workspace", "delete"), allow("assign_org_role", "read"),
	}})
	api(http.MethodPut, roles, map[string]any{"name": "hostile", "display_name": hostile[:64], "organization_permissions": []permission{allow("*", "read"), deny("*", "delete")}})
	api(http.MethodPut, roles, map[string]any{"name": strings.Repeat("long-", 6) + "xx", "display_name": strings.Repeat("w", 64)})
	api(http.MethodPut, roles, map[string]any{"name": "arabic", "display_name": "مدير النظام العام 日本語"})
	api(http.MethodPatch, "/users/roles", map[string]any{"name": "help-desk", "display_name": "Help desk", "site_permissions": []permission{allow("user", "read")}, "user_permissions": []permission{}})
	api(http.MethodPatch, "/organizations/other", map[string]any{"display_name": "شركة <b>Other</b> & Söhne GmbH", "description": hostile})
	for username, name := range names {
		s.AddUser(t, username, webtest.Default)
		api(http.MethodPut, "/users/"+username+"/profile", map[string]any{"username": username, "name": name})
	}
	s.AddUser(t, strings.Repeat("w", 32), webtest.Default)
	api(http.MethodPut, members+"/hostile/roles", map[string]any{"roles": []string{"hostile", "ci", "organization-auditor", "organization-admin", strings.Repeat("long-", 6) + "xx", "arabic"}})
	api(http.MethodPut, members+"/arabic/roles", map[string]any{"roles": []string{"arabic"}})
	api(http.MethodPut, "/users/long/roles", map[string]any{"roles": []string{"owner", "auditor", "template-admin", "help-desk"}})
	api(http.MethodPut, "/users/thai/status/suspend", nil)
	return s
}
