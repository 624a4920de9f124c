#!/bin/sh
# Invoices as a CGI program: curl and a shell are enough to ask. REMOTE_USER is the person signed in at the web server.
set -u

answer() { printf 'Status: %s\r\nContent-Type: text/plain\r\n%b\r\n%s\n' "$1" "${3-}" "$2" && exit; }
later() { answer '503 Service Unavailable' 'Try again.' 'Retry-After: 2\r\n'; }

ask() { # METHOD PATH [more of curl]
	method=$1 path=$2 && shift 2
	curl --silent --show-error --max-time 2 --request "$method" -H "Authorization: Bearer $ROLECALL_TOKEN" \
		-H 'Content-Type: application/json' -w '%{http_code}' "$@" "$ROLECALL_URL/api/v2/$path"
}

# Only the answer {"it":true} lets a person pass; anything else, or nothing, does not.
require() { # TYPE ACTION
	[ -n "${REMOTE_USER-}" ] || answer '401 Unauthorized' 'Sign in first.' 'WWW-Authenticate: Basic realm="invoices"\r\n'
	case $REMOTE_USER$organization in *[!A-Za-z0-9@._-]*) answer '403 Forbidden' 'No.' ;; esac
	said=$(ask POST authcheck --data "{\"user\":\"$REMOTE_USER\",\"checks\":{\"it\":{\"action\":\"$2\",\"object\":{
		\"resource_type\":\"$1\",\"organization_id\":\"$organization\"}}}}" | tr -d ' \n') || later
	case $said in '{"it":true}200') ;; *'"it":false}200') answer '403 Forbidden' 'You may not do this.' ;; *) later ;; esac
}

organization=${PATH_INFO#/} && organization=${organization%%/*}
case "$REQUEST_METHOD /${PATH_INFO#/*/}" in
'GET /invoices') require invoice read && answer '200 OK' '[{"id":7,"amount":120}]' ;;
'POST /invoices/'*'/pay') require invoice pay && answer '200 OK' '{"paid":true}' ;;
'GET /payers')
	require invoice read
	list=$(ask GET "organizations/$organization/who-can?resource_type=invoice&action=pay" -H 'Accept: application/x-ndjson') || later
	case $list in *'{"complete":true,"count":'*'}
200') answer '200 OK' "${list%200}" ;; *) later ;; esac ;; # without that line the list broke off
*) answer '404 Not Found' 'Not found.' ;;
esac
