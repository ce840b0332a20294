// Before anything is drawn: the theme that the reader chose last, and that scripts run.
'use strict';
document.documentElement.classList.replace('no-js', 'js');
try {
  const theme = localStorage.getItem('tabjoule-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch { /* storage is forbidden here: the system's theme */ }
