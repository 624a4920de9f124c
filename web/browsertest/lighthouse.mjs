// Measures the pages that people wait for most with Lighthouse, as on a middling phone: the median of several runs.
// Takes the program, whose demo it measures, and the number of runs; see the task lighthouse. Exits with 1 below the floor.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import lighthouse from 'lighthouse';
import { launch } from 'chrome-launcher';

const [program, runs = '5'] = process.argv.slice(2);
const demo = spawn(program, ['demo', '--json', '--http-address', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
process.on('exit', () => demo.kill());
let told = '';
for await (const chunk of demo.stdout) if ((told += chunk).includes('\n}')) break;
const { url, email, password } = JSON.parse(told);
const floor = 98, categories = ['performance', 'accessibility', 'best-practices'];
const here = '/organizations/default';
const pages = {
  login: '/login',
  overview: `${here}/overview`,
  members: `${here}/members`,
  person: `${here}/members/grace`,
  explain: `${here}/members/grace?action=delete&resource_type=template`,
  'who can': `${here}/who-can?action=delete&resource_type=template`,
  roles: `${here}/members/roles`,
  'role editor': `${here}/members/roles/contractor`,
  matrix: `${here}/members/roles?view=matrix`,
  'audit log': '/audit?organization=default',
  people: '/users',
};

const session = await fetch(`${url}/login`, {
  method: 'POST', redirect: 'manual', headers: { Origin: url, Accept: 'text/html' },
  body: new URLSearchParams({ email, password }),
}).then(r => r.headers.getSetCookie().find(c => c.startsWith('rolecall='))?.split(';')[0]);
if (!session) throw new Error('could not sign in');

const chromePath = process.env.CHROME_PATH ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const median = list => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
let low = false;
for (const [name, path] of Object.entries(pages)) {
  const scores = Object.fromEntries(categories.map(c => [c, []])), paints = [], faults = new Set();
  for (let i = 0; i < +runs; i++) {
    const chrome = await launch({ chromePath, chromeFlags: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic'] });
    const { lhr } = await lighthouse(url + path, {
      port: chrome.port, onlyCategories: categories, logLevel: 'error', extraHeaders: path === pages.login ? {} : { Cookie: session },
    });
    for (const c of categories) scores[c].push(Math.round(lhr.categories[c].score * 100));
    paints.push(lhr.audits['largest-contentful-paint'].numericValue);
    for (const c of categories) for (const { id, weight } of lhr.categories[c].auditRefs) {
      const audit = lhr.audits[id];
      if (weight > 0 && audit.score !== null && audit.score < 0.9) faults.add(`${id} ${audit.displayValue ?? ''}`.trim());
    }
    chrome.kill();
  }
  const medians = categories.map(c => median(scores[c]));
  low ||= medians.some(m => m < floor);
  console.log(`${name.padEnd(12)} ${categories.map((c, i) => `${c} ${medians[i]}`).join(', ')}; largest paint ${Math.round(median(paints))} ms` +
    (faults.size ? `\n  below 90: ${[...faults].join('; ')}` : ''));
}
process.exit(low ? 1 : 0);
