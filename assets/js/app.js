// What every page carries. Each module finds its own elements by data attributes and works after a refresh.
import "./keys.js";
import "./dialogs.js";
import "./tree.js";
import "./picker.js";
import "./destination.js";
import "./autosave.js";
import "./uploads.js";
import "./live.js";
import "./preview.js";
import "./frame.js";
import "./print.js";
import "./find.js";
import "./choose.js";
import "./busy.js";
