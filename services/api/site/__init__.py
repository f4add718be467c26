"""The web site: pages rendered by the server, enhanced by the modules in `services/api/static`.

environment       the templates' environment: everything escaped, texts, filters
texts             every English sentence of the pages, by key, from `en.json`
pages             renders each page from what is live and what payouts answers
routes            paths → pages
kept              what is derived from the live state, once a gathering
paging            which rows a page shows, and the links beside it
miner_everywhere  one address over all pools
charts            what charts are drawn from; miner_charts those of a miner
chart_answers     the same as JSON, made once per gathering
sparkline         a small curve as the points of an SVG
miner_programs    command lines of mining programs, by algorithm
connecting        ports with the command lines that fit them
address_versions  what the mining key page knows of the coins' addresses
"""
