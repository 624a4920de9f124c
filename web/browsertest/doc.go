// Package browsertest looks at the console the way people do: through a browser. It has tests only. They talk to a
// whole server over HTTP and know pages by what a person or a screen reader finds on them, not how they are made.
//
// Where there is no Chromium the tests are skipped, unless ROLECALL_REQUIRE_ALL is set; then they fail.
package browsertest
