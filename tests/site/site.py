# SPDX-FileCopyrightText: 2026 The libminibus authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Looks at the built reference with a browser: site.py FOLDER [--screenshots FOLDER PAGE...]

All pages, as the browser has them after its scripts have run: every link to another page or place has to lead there,
every picture has to be there, and nothing may need the network. All guides and some pages of the reference also as on a
telephone: nothing may be wider than the window, and code has to be legible.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

WIDE = 1280
NARROW = 400

# What is true of a page, as the browser tells.
LOOK = '''
const visible = element => element.getClientRects().length > 0;
const luminance = color => {
    const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3)
        .map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const background = element => {
    for (; element; element = element.parentElement) {
        const color = getComputedStyle(element).backgroundColor;
        if (!/, 0\\)$/.test(color) && color !== 'transparent')
            return color;
    }
    return 'rgb(255, 255, 255)';
};
const contrast = element => {
    const a = luminance(getComputedStyle(element).color), b = luminance(background(element));
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};
return {
    width: document.documentElement.scrollWidth,
    title: document.title,
    ids: [...document.querySelectorAll('[id], a[name]')].map(e => e.id || e.name),
    links: [...document.querySelectorAll('a[href]')].map(e => e.href),
    loaded: performance.getEntriesByType('resource').map(e => e.name),
    missing: [...document.images].filter(e => visible(e) && !(e.complete && e.naturalWidth > 0)).map(e => e.src),
    anonymous: [...document.images].filter(e => visible(e) && !e.alt).map(e => e.src),
    illegible: [...document.querySelectorAll('pre, pre span, .docblock p, .docblock td')].filter(e => visible(e) && e.textContent.trim() &&
        (parseFloat(getComputedStyle(e).fontSize) < 11 || contrast(e) < 2.5)).slice(0, 3)
        .map(e => `${e.textContent.slice(0, 40)} (${getComputedStyle(e).fontSize}, ${contrast(e).toFixed(1)})`),
    // Code that is too wide has to be scrolled within its block.
    cut: [...document.querySelectorAll('pre')].filter(e => visible(e) && e.scrollWidth > e.clientWidth + 1 &&
        !['auto', 'scroll'].includes(getComputedStyle(e).overflowX)).map(e => e.textContent.slice(0, 40)),
};
'''


class Browser:
    """A headless Chromium, spoken to by WebDriver."""

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory()
        self.driver = subprocess.Popen(['chromedriver', '--port=0'], stdout=subprocess.PIPE, text=True,
                                       env=os.environ | {'HOME': self.profile.name})
        for line in self.driver.stdout:
            if 'successfully on port ' in line:
                self.url = 'http://127.0.0.1:' + line.rpartition('on port ')[2].strip(' .\n')
                break
        options = {'args': ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                            '--force-color-profile=srgb', f'--user-data-dir={self.profile.name}/profile']}
        session = self.post('/session', {'capabilities': {'alwaysMatch': {'goog:chromeOptions': options}}})
        self.url += '/session/' + session['sessionId']
        return self

    def __exit__(self, *_error):
        try:
            urllib.request.urlopen(urllib.request.Request(self.url, method='DELETE'), timeout=30).close()
        finally:
            self.driver.terminate()
            self.driver.wait(30)
            self.driver.stdout.close()
            self.profile.cleanup()

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {'Content-Type': 'application/json'})
        with urllib.request.urlopen(request, timeout=120) as response:
            return json.load(response)['value']

    def resize(self, width):
        self.post('/goog/cdp/execute', {'cmd': 'Emulation.setDeviceMetricsOverride', 'params': {
            'width': width, 'height': 900, 'deviceScaleFactor': 1, 'mobile': False}})

    def go(self, url):
        self.post('/url', {'url': url})

    def look(self, url):
        self.go(url)
        return self.post('/execute/sync', {'script': LOOK, 'args': []})

    def picture(self, path):
        data = self.post('/goog/cdp/execute', {'cmd': 'Page.captureScreenshot', 'params': {}})['data']
        path.write_bytes(base64.b64decode(data))


def judge(url, seen, width):
    if seen['width'] > width:
        yield f'is {seen["width"]} pixels wide in a window of {width}'
    for what in ('missing', 'anonymous', 'illegible', 'cut'):
        if seen[what]:
            yield f'{what}: {seen[what]}'
    for loaded in seen['loaded']:
        if not loaded.startswith(('file:', 'data:')):
            yield f'loads {loaded}'


def judge_links(root, pages):
    for url, seen in pages.items():
        for link in seen['links']:
            target, _hash, place = link.partition('#')
            target = target.partition('?')[0]
            if not target.startswith('file:'):
                continue
            path = pathlib.Path(urllib.parse.unquote(target.removeprefix('file://')))
            if target not in pages and (not path.is_file() or root not in path.parents):
                yield f'{url}: {link} leads nowhere'
            elif place and target in pages and urllib.parse.unquote(place) not in pages[target]['ids']:
                yield f'{url}: there is no place {link}'


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    files = sorted(root.rglob('*.html'))
    # The guides, and of the reference one of each kind.
    guides = [file for file in files if '.' not in file.stem]
    kinds = {file.stem.partition('.')[0]: file for file in files if '.' in file.stem}
    problems = []

    with Browser() as browser:
        if len(sys.argv) > 2:
            folder = pathlib.Path(sys.argv[3])
            folder.mkdir(parents=True, exist_ok=True)
            for width in (WIDE, NARROW):
                browser.resize(width)
                for name in sys.argv[4:]:
                    browser.go((root / name).as_uri())
                    browser.picture(folder / f'{pathlib.Path(name).stem}-{width}.png')
            return 0
        browser.resize(WIDE)
        pages = {file.as_uri(): browser.look(file.as_uri()) for file in files}
        for url, seen in pages.items():
            problems += [f'{url}: {problem}' for problem in judge(url, seen, WIDE)]
        browser.resize(NARROW)
        narrow = [*guides, *kinds.values()]
        for file in narrow:
            problems += [f'{file.as_uri()}: {problem}' for problem in judge(file.as_uri(), browser.look(file.as_uri()), NARROW)]
    problems += judge_links(root, pages)

    links = sum(len(seen['links']) for seen in pages.values())
    print(f'{len(pages)} pages, {len(narrow)} of them also narrow, {links} links, {len(problems)} problems')
    for problem in problems[:100]:
        print(problem.replace(root.as_uri() + '/', ''))
    return 1 if problems or not pages else 0


sys.exit(main())
