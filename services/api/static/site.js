// What every page gets beyond its HTML. Without it all pages read the same, only not by themselves anew.

import { drawCharts } from "/static/charts.js";
import { offerCopying } from "/static/copy.js";
import { fillCommands } from "/static/fill.js";
import { keepCurrent } from "/static/live.js";
import { offerThemes } from "/static/themes.js";

offerThemes();
offerCopying();
fillCommands();
drawCharts();
keepCurrent();
