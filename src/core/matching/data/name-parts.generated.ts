// Compiled from name-parts.txt by bench/compile-name-parts.ts; do not edit.
export const nameParts = `2200|N|mohammad muhammad mohammed muhammed mohamed mohamad muhamad mohd muhd mahammad mohamud mohammod mahomed mohammet muhammet mhd mouhamed mouhammad mohamet محمد
900|N|ahmad ahmed ahmet akhmad akhmed احمد
500|N|ali aly alli علی
450|N|abdullah abdallah abdulla abdalla abdellah عبدالله
420|N|hussain husain hussein hossein husayn hussayn hosein husein houssein hosain husien حسین
330|N|hasan hassan hasen حسن
350|N|gul gull گل
300|N|ghulam gholam golam qolam gulam ghullam غلام
260|N|rahman rehman rahmaan rahmon رحمان رحمن
260|N|karim kareem karem کریم
250|N|noor nur nour nor nuur نور
220|N|amin ameen امین
200|N|rahim raheem rahem رحیم
200|N|aziz azeez عزیز
190|N|hamid hameed hamed حمید حامد
180|N|mahmud mahmood mehmood mahmoud mehmud mahmod mehmet محمود
170|N|ibrahim ebrahim abrahim ibraheem ebraheem brahim ابراهیم ابرهیم
170|N|ismail esmail ismael ismaeel esmaeil ismayil esmaeel اسماعیل اسمعیل
160|N|yusuf yousuf yousef yusof yousof youssef yosuf yosef yousaf yusef usuf یوسف
150|N|jamal jemal gamal جمال
150|N|omar umar omer umer عمر
150|N|usman osman othman uthman ousman عثمان
140|N|qasim qasem qassim qassem ghasem kasim kasem qaseem قاسم
140|N|nabi naby nabee نبی
150|N|rasul rasool rasoul رسول
140|N|akbar akber اکبر
140|N|khalil khaleel خلیل
140|N|daud dawood dawud daoud daood davood davud dawod dowd داود داوود
130|N|habib habeeb حبیب
130|N|reza raza rida ridha rezah رضا
130|N|wali vali waly walee ولی
120|N|sharif shareef sherif cherif شریف
120|N|salim saleem salem سلیم سالم
120|N|hakim hakeem hakem حکیم حاکم
120|N|nasir nasser naser naseer nasseer naseir ناصر نصیر
60|N|nasr نصر
110|N|saleh salih saalih صالح
110|N|qadir qader qadeer ghader kadir kader gader قادر قدیر
110|N|rashid rasheed rashed raschid راشد رشید
110|N|majid majeed majed مجید ماجد
110|N|wahid waheed wahed vahid vaheed واحد وحید
110|N|khalid khaled khaalid halid خالد
110|N|zahir zaher zaheer zahar ظاهر ظهیر
40|N|zahid zahed زاهد
110|N|sabir saber صابر
50|N|sabur saboor صبور
110|N|latif lateef لطیف
100|N|haidar haider hyder haydar hayder heidar heydar حیدر
100|N|abbas abas عباس
100|N|jafar jaafar jafer jaffar jafaar jaffer jawfar جعفر
100|N|yaqub yaqoob yaqob yaqoub yakub yaghoub yacoub yakoob yaghoob یعقوب
100|N|isa eisa essa issa isah eesa عیسی عیسا
90|N|musa mousa moosa mosa moussa موسی موسا
100|N|yahya yahia yehya yahea یحیی یحیا
90|N|ilyas elias elyas eliyas ilias ilyaas الیاس
100|N|idris edris idrees edrees ادریس
100|N|anwar anwer anvar انور
100|N|akram akrem اکرم
100|N|aslam اسلم
100|N|asghar asgher asgar اصغر
80|N|azam aazam azem اعظم
90|N|afzal افضل
90|N|ashraf اشرف
90|N|amir ameer emir aamir amer امیر عامر
90|N|arif aref areef عارف
90|N|asif asef aseef اصف
80|N|atif atef عاطف
90|N|ayub ayoub ayoob ayob eyub ayyub ایوب
90|N|bashir basheer bachir beshir بشیر
80|N|basir baseer basser بصیر
80|N|baqir baqer bagher baker باقر
80|N|bilal belal bilaal بلال
80|N|farid fareed فرید
80|N|faruq farooq faroq farouq farouk faruk farooque فاروق
80|N|fazl fazal fazel fazil fadl fadhil fadel fadil fadhl فضل فاضل
80|N|faiz fayz faez fayiz فیض فایز
80|N|ghafar ghaffar gafar qafar gaffar غفار
60|N|ghafur ghafoor ghafour gafoor gafur غفور
90|N|ghani gani qani غنی
80|N|ghaus ghous ghouse ghawth غوث
60|N|ghias ghiyas ghiasi giyas غیاث
90|N|halim haleem حلیم
60|N|hashim hashem hachem hasheem هاشم
80|N|haq haqq haque hagh حق
80|N|hafiz hafez hafeez حافظ حفیظ
80|N|harun haroon haroun haron هارون
80|N|hidayat hedayat hidayet هدایت
80|N|hikmat hekmat hikmet حکمت
80|N|himat hemat hemmat himmat همت
80|N|imam emam امام
90|N|iman eman ایمان
80|N|inayat enayat inayet عنایت
70|N|iqbal eqbal ighbal اقبال
70|N|irfan erfan ارفان عرفان
80|N|islam eslam اسلام
80|N|ismat esmat asmat ismet عصمت
80|N|izat ezat ezzat izzat عزت
80|N|jabar jabbar jabir جبار
90|N|jalal jelal جلال
80|N|jalil jaleel jalel جلیل
80|N|jamil jameel جمیل
70|N|jamshid jamsheed jamshed جمشید
80|N|jawad javad jawaad جواد
80|N|jawed javed jawid javid jaweed jaavid جاوید
90|N|kabir kabeer kaber کبیر
80|N|kamal kemal kamaal کمال
70|N|kamil kamel کامل
70|N|kamran کامران
80|N|khair khayr kher خیر
60|N|khuda khoda خدا
90|N|lal laal لعل لال
70|N|luqman loqman lokman luqmaan لقمان
80|N|malik malek malak melik maalik ملک مالک
70|N|mansur mansoor mansour mansor منصور
70|N|maqsud maqsood مقصود
80|N|maruf maroof marouf maarouf معروف
70|N|masum masoom masoum masom معصوم
90|N|masud masood massoud masoud masaud massood مسعود
70|N|matin mateen متین
90|N|mehdi mahdi mahdy mehdy مهدی
80|N|mihrab mehrab محراب
80|N|mirwais mirwis mirways میرویس
80|N|mir meer میر
70|N|mirza meerza میرزا مرزا
70|N|mohib muhib moheb محب
70|N|mohsin mohsen muhsin محسن
70|N|muin moin moeen mueen معین
70|N|mubarak mobarak مبارک
70|N|mujib mujeeb mojib mojeeb مجیب
70|N|mukhtar mokhtar moktar مختار
70|N|munir moneer muneer monir منیر
70|N|murad morad mourad muraad مراد
70|N|murtaza morteza murtadha mortaza مرتضی مرتضا
70|N|mustafa mostafa moustafa mustapha mostapha mustafaa مصطفی مصطفا
60|N|muslim moslem مسلم
60|N|muti motee mati مطیع
80|N|nadir nader nadeer نادر
70|N|nadim nadeem ندیم
90|N|naim naeem naem نعیم
80|N|najib najeeb najeb نجیب
80|N|najm najam nejm نجم
80|N|naqib naqeeb nageeb نقیب
70|N|naqi naghi naqee نقی
60|N|taqi taghi tagi تقی
80|N|nasim naseem nassim نسیم
70|N|nasrat nusrat nosrat نصرت
70|N|naweed navid naveed nawid نوید
80|N|nawab navab نواب
80|N|nazar نظر
90|N|nazir nazer nazeer nazeir نظیر نذیر ناظر
60|N|nazim nazem ناظم
80|N|nek naik nik نیک
90|N|niaz niyaz neyaz نیاز
70|N|nisar nesar nisaar نثار
70|N|nizam nezam نظام
80|N|nimat nemat neamat niamat نعمت
70|N|obaid ubaid ubayd obeid عبید
80|N|payenda payanda paenda پاینده
80|N|pir peer پیر
80|N|qayum qayoom qayoum qaium qayyum قیوم
80|N|qahar qahhar ghahar قهار
70|N|qudus qodus quddus qudoos quddoos قدوس
70|N|qudrat qodrat ghodrat قدرت
80|N|qurban qorban ghorban kurban قربان
80|N|rafi rafie rafee رفیع
80|N|rafiq rafeeq rafigh rafik رفیق
60|N|rafat rafaat رافت
120|N|rahmat rehmat rahamat رحمت
70|N|rajab rajeb رجب
80|N|ramazan ramadan ramzan ramadhan ramzaan رمضان
70|N|ramin rameen رامین
80|N|rauf raoof raouf rawof roauf raof روف رووف ریوف
100|N|razaq razzaq razeq raziq rezaq razak razzak رزاق رازق
70|N|roh rooh روح
70|N|rustam rostam رستم
80|N|sabghat sebghat sibghat سبغت صبغت
80|N|sadiq sadeq sadegh sadik sadeeq saddiq seddiq sediq siddiq siddique sidiq seddeq صادق صدیق
80|N|sadr sader صدر
80|N|saeed saeid سعید
50|N|saad saed sad سعد
80|N|saif sayf seif سیف
60|N|sakhi sakhy سخی
80|N|salam salaam سلام
70|N|salman سلمان
80|N|samad samed صمد
70|N|sami samee سمیع سامی
80|N|sardar sardaar سردار
80|N|sarwar server sarwer سرور
70|N|sattar satar ستار
50|N|shafi shafie shafee شفیع
70|N|shafiq shafeeq shafigh شفیق
120|N|shah shaah شاه
70|N|shahid shaheed shahed شهید شاهد
60|N|shahab shehab shihab شهاب
70|N|shahin shaheen شاهین
60|N|shahir shaheer شهیر
70|N|shakir shaker شاکر
70|N|shakur shakoor shokoor shukoor شکور
80|N|shams shamas شمس
70|N|shaukat shawkat shokat شوکت
80|N|sher shir sheer شیر
70|N|shirin shireen sherin شیرین
60|N|shoaib shuaib shoeb shoib شعیب
70|N|shuja shoja shujah شجاع
70|N|sulaiman sulayman solaiman suleiman soleiman suliman suleman soliman sulaimon سلیمان
70|N|sultan soltan سلطان
60|N|subhan sobhan سبحان
70|N|suhrab sohrab سهراب
80|N|taj تاج
70|N|tahir taher taheer طاهر
60|N|talib taleb طالب
60|N|tariq tareq tareg tarek tarik tarigh طارق
60|N|tawab tavab تواب
60|N|tufan tofan toofan توفان طوفان
70|N|tur toor tor تور
70|O|wakil vakil wakeel وکیل
70|N|wais ways wayis ویس
70|N|wasi واسع وسیع
70|N|wazir vazir wazeer وزیر
70|N|yar yaar یار
80|N|yasin yaseen yassin yasseen yaasin یاسین
60|N|yasir yaser yasser یاسر
70|N|younus yunus younis yonus younes yunis yonos yonis یونس
70|N|zabih zabi ذبیح
70|N|zaki zakee ذکی زکی
60|N|zakir zaker ذاکر
60|N|zakaria zakariya zekria zakarya zekrya ذکریا زکریا
70|N|zalmai zalmay زلمی
70|N|zaman zamaan زمان
70|N|zamin zameen زمین ضمین
70|N|zaid zayd زید
50|N|zain zayn zein zaen زین
80|N|zia ziya zea ضیا
70|N|zubair zobair zubayr zobir زبیر
70|N|zulfiqar zolfaqar zulfikar zolfeqar zulfeqar ذوالفقار
40|N|abid abed abeed عابد
30|N|adel adil aadil عادل
40|N|adib adeeb ادیب
40|N|afghan افغان
50|N|aimal emal aimel ایمل
40|N|ajmal اجمل
40|N|alam alem aalam عالم علم
40|N|allah الله لله له
30|N|anas انس
40|N|aqil aqel عاقل
30|N|arash ارش
40|N|arsalan arsala arsalah ارسلا ارسلان
30|N|aryan arian ارین
30|N|asad assad اسد
40|N|asil aseel اصیل
40|N|atiq ateeq عتیق
30|N|atal اتل
40|N|azim azeem عظیم
30|N|azmat عظمت
30|N|azad ازاد
40|N|babrak ببرک
40|N|baz باز
30|N|badr بدر
40|N|bahram behram بهرام
40|N|bakhtiar bakhtyar bakhtiyar بختیار
40|N|bari baari باری
40|N|barat بارات برات
30|N|barialai baryalai baryalay بریالی
30|N|bismillah besmellah besmillah bismilla بسمالله
40|N|burhan borhan برهان
40|N|dil del دل
50|N|din deen دین
30|N|dilawar delawar دلاور
40|N|dost doost دوست
40|N|ehsan ihsan احسان
30|N|emad imad عماد
30|N|emran imran عمران
40|N|fahim faheem فهیم
30|N|faisal faysal feisal فیصل
40|N|fakhr fakhar فخر
30|N|farhad فرهاد
30|N|farhang فرهنگ
30|N|farshid farsheed فرشید
30|N|fateh fatih fath فاتح فتح
30|N|fawad foad fouad fuad fuwad فواد
30|N|ferdaus firdaus ferdows فردوس
30|N|firoz firooz feroz feroze firouz فیروز
30|N|gran گران
30|N|ghayur ghayoor غیور
40|N|habash habesh حبش
50|N|hayat hayaat حیات
30|N|hamdard همدرد
40|N|hamdullah hamd
30|N|hamza hamzah حمزه
30|N|hanif haneef حنیف
30|N|haris hares حارث
30|N|haseeb hasib حسیب
30|N|humayun homayun humayoon homayoun همایون
40|N|ikram ekram اکرام
30|N|ikhlas ekhlas اخلاص
30|N|ilham elham الهام
30|N|insaf ensaf انصاف
30|N|ishaq eshaq ishak eshagh اسحاق اسحق
30|N|izhar ezhar اظهار
30|N|jahan جهان
40|N|jahangir jehangir جهانگیر
30|N|janan جانان
30|N|jumah juma jumma joma jomah جمعه
30|N|kakar kaker کاکر
40|N|karam کرم
30|N|kawus kaus kawoos کاووس
30|N|kazim kazem kadhim kadim کاظم
40|N|khadim khadem خادم
30|N|khial khyal خیال
30|N|khush khosh خوش
30|N|lutf lotf لطف
30|N|mahboob mahbub mehboob محبوب
30|N|mahfuz mahfooz محفوظ
30|N|mal مال
40|N|manan mannan منان
30|N|maiwand maywand میوند
40|N|marjan مرجان
40|N|mast مست
30|N|masih maseh مسیح
30|N|mehraban mehrban مهربان
30|N|miakhil miakhel میاخیل
30|N|milad meelad میلاد
30|N|moqim muqim moqeem مقیم
30|N|mubin mobin mobeen مبین
30|N|mudasir modaser مدثر
30|N|mumin momin moomin مومن
30|N|mumtaz momtaz ممتاز
30|N|munawar monawar منور
30|N|muqadas moqadas مقدس
30|N|musadiq mosadeq مصدق
30|N|muzafar mozafar muzaffar مظفر
30|N|nangialai nangyalai nangialay ننگیالی
30|N|nawaz navaz نواز
30|N|nijat nejat نجات
30|N|omid umid omaid omeed امید
30|N|parwiz parviz parwez parwaiz پرویز
30|N|pacha bacha پاچا باچا
30|N|padshah badshah پادشاه
40|N|pashtun pashtoon پشتون
30|N|qais qays قیس
30|N|qalandar قلندر
30|N|qand قند
30|N|qiam qayam قیام
30|N|qutb qutub قطب
30|N|rabani rabbani ربانی
30|N|rab rabb رب
40|N|rangin rangeen رنگین
30|N|raz راز
30|N|roz rooz روز
30|N|rozi rozee روزی
30|N|sabz سبز
30|N|safar سفر
40|N|safdar صفدر
30|N|sail سیل
30|N|samar ثمر سمر
30|N|samim sameem صمیم
30|N|sana ثنا
30|N|sangin sangeen سنگین
30|N|sepehr سپهر
30|N|shaban shabaan شعبان
30|N|shadab شاداب
30|N|shahbaz شهباز
30|N|shahryar shahriar شهریار
30|N|shahzad شهزاد
30|N|shakib shekib شکیب
30|N|sharaf شرف
30|N|shayesta شایسته
30|N|shafaq شفق
30|N|shiragha شیراقا
30|N|shukr shokr شکر
30|N|suhail sohail suhayl سهیل
30|N|tahsin تحسین
30|N|tamim tameem تمیم
30|N|tawfiq tawfeeq tofiq toufiq taufiq توفیق
30|N|timur taimur taymoor taimoor teymur تیمور
30|N|turab torab تراب
30|N|tuti toti توتی طوطی
30|N|turyalai toryalai turialai توریالی
30|N|wahab wahhab vahab وهاب
30|N|waris wares وارث
30|N|wasim waseem وسیم
30|N|yama یما
30|N|yaqin yaqeen یقین
30|N|zafar ظفر
30|N|zarin zareen زرین
30|N|zarif zareef ظریف
30|N|zmarai zmaray zmari زمری زمرای
30|N|zohal زحل
30|N|zuhur zohoor zohur ظهور
150|N|fatima fatema fatimah fatma fatemeh فاطمه فاطیمه
120|N|zahra zehra زهرا
60|N|zohra zuhra zahreh زهره
120|N|maryam mariam marium miriam مریم
90|N|zainab zaynab zeinab zeynab زینب
80|N|khadija khadijah khadeja خدیجه
80|N|aisha ayesha aysha aishah aesha عایشه
70|N|amina aminah ameena امنه امینه
60|N|halima haleema حلیمه
60|N|hamida hameeda حمیده
60|N|nasima naseema نسیمه
60|N|latifa lateefa لطیفه
60|N|shukria shokria shukriya شکریه
60|N|shakila shakeela شکیلا شکیله
70|N|farida fareeda فریده
50|N|fereshta freshta fershta farishta فرشته
60|N|parwin parvin parween parveen پروین
50|N|zarghuna zarghona zarghoona زرغونه
50|N|malalai malalay malala ملالی ملاله
40|N|palwasha palwesha پلوشه
40|N|spozhmai spozhmay spogmai spogmay سپوژمی
40|N|gulalai gulalay گلالی
50|N|nazifa nazeefa نظیفه
50|N|nargis narges nargess نرگس
60|N|laila leila layla lila لیلا لیلی
50|N|roya ruya رویا
50|N|sima seema سیما
40|N|sahar سحر
60|N|masuma masooma masoma masouma معصومه
60|N|sakina sakineh sakinah سکینه
50|N|ruqia ruqaya roqia ruqayya roqaya رقیه
50|N|safia safiya safiyya صفیه
50|N|sharifa shareefa شریفه
50|N|rahima raheema رحیمه
50|N|karima kareema کریمه
50|N|jamila jameela جمیله
50|N|nadia nadiya نادیه نادیا
50|N|najiba najeeba نجیبه
50|N|najia najiya ناجیه
50|N|najla نجلا
50|N|habiba habeeba حبیبه
50|N|zakia zakiya ذکیه زکیه
50|N|razia raziya راضیه رضیه
50|N|marzia marziya marzieh مرضیه
40|N|adela adila عادله
40|N|husna hosna حسنا حسنه
40|N|husnia حسنیه
40|N|mina meena mena مینا
40|N|mahbuba mahbooba محبوبه
40|N|munira monira muneera منیره
40|N|benafsha banafsha بنفشه
40|N|setara sitara ستاره
50|N|suraya soraya surayya soraia ثریا
40|N|tahmina tahmeena tamina تهمینه
40|N|tahira tahera طاهره
40|N|wazhma wajma وژمه
40|N|yalda یلدا
40|N|yasamin yasmin yasaman yasmeen یاسمین یاسمن
30|N|lina leena لینا
30|N|arezo arzo arzoo arezou arezu ارزو
40|N|basira baseera بصیره
40|N|hafiza hafeeza حفیظه حافظه
40|N|aqila aqela عاقله
40|N|anisa aneesa انیسه
40|N|asma اسما
40|N|aziza azeeza عزیزه
40|N|bibigul بیبیگل
40|N|deeba diba دیبا
40|N|fawzia fauzia fozia fouzia fowzia فوزیه
40|N|freba fariba فریبا
40|N|gulsum kulsum kolsoom kulthum امکلثوم کلثوم گلثوم
40|N|hawa حوا
40|N|homa huma هما
40|N|humaira homaira homeira حمیرا
40|N|khalida khaleda خالده
40|N|khatera khatira خاطره
40|N|lailuma lailoma لیلما لیلوما
40|N|madina مدینه
40|N|mahnaz مهناز
40|N|malika maleka ملکه ملیکه
40|N|manizha manija منیژه
40|N|marwa مروه
40|N|mursal morsal مرسل
40|N|nafisa nafeesa نفیسه
40|N|nahid naheed nahida ناهید ناهیده
40|N|najma نجمه
40|N|nasrin nasreen نسرین
40|N|nazanin نازنین
40|N|naz نار ناز
40|N|nilofar nilufar niloofar nelofar نیلوفر
40|N|nooria nuria noria نوریه
40|N|noorjahan نورجهان
40|N|parisa پریسا
40|N|pari پری
40|N|parwana parvana پروانه
40|N|pashtana پشتنه
40|N|qamar قمر
40|N|rabia rabea rabiya رابعه ربیعه
40|N|raihana rayhana rehana ریحانه
40|N|roshan rushan روشن
40|N|rohina roheena رحینا روحینا
40|N|rukhsar rokhsar رخسار
40|N|rukhshana rokhshana رخشانه
40|N|sabera sabira صابره
40|N|sadaf صدف
40|N|saeeda سعیده
40|N|sajia sajiya ساجیه
40|N|sajida sajeda ساجده
40|N|salima saleema سلیمه
40|N|salma سلما سلمی
40|N|samia samiya سامیه
40|N|samira sameera سمیرا سمیره
40|N|sara sarah ساره سارا
40|N|sediqa siddiqa sadiqa صدیقه صادقه
40|N|shabana شبانه
40|N|shabnam شبنم
40|N|shafiqa shafeeqa شفیقه
40|N|shahla شهلا
40|N|shaima شیما
40|N|shamila شمیلا
40|N|shamsia shamsiya شمسیه
40|N|shazia شاذیه شازیه
40|N|sheila shaila شیلا
40|N|shinkai شینکی
40|N|simin seemin سیمین
40|N|sohaila suhaila سهیلا
40|N|sonia سونیا
40|N|sumaya somaya sumayya سمیه
40|N|torpekai turpekai تورپیکی
40|N|wahida waheeda وحیده
40|N|wasima waseema وسیمه
40|N|zahida زاهده
40|N|zarmina زرمینه
40|N|zuhal ذهال
150|N|ahmadi ahmady ahmedi احمدی
150|N|mohammadi mohammady muhammadi mohamadi محمدی
150|N|hussaini husaini hosseini hossaini husseini hussainy hosaini حسینی
130|N|karimi kareemi کریمی
130|N|rahimi raheemi rahimy رحیمی
130|N|haidari haideri haydari heidari haidary حیدری
120|N|rezai rezaie rezaee razai rizai رضایی
120|N|amiri ameeri amiry امیری
120|N|azizi azizy عزیزی
120|N|hakimi hakeemi حکیمی
120|N|nazari nazary نظری
120|N|sharifi sharify شریفی
120|N|noori nuri noory nouri نوری
110|N|akbari akbary اکبری
110|N|alizada alizadah alizadeh علیزاده
100|N|amini ameeni امینی
100|N|anwari anwary انوری
100|N|ansari ansary انصاری
100|N|habibi habiby حبیبی
100|N|hamidi hameedi hamidy حمیدی حامدی
100|N|jafari jafary jaffari جعفری
100|N|jalali jalaly جلالی
100|N|jamali جمالی
100|N|kazimi kazemi kazimy کاظمی
100|N|khalili khalily خلیلی
100|N|mahmoodi mahmudi mahmoudi محمودی
100|N|mirzai mirzaie mirzaee mirzayi میرزایی
100|N|moradi muradi morady مرادی
100|N|musawi mosavi mousavi mosawi musavi موسوی
100|N|naseri nasiri naseery nasseri nasery ناصری نصیری
100|N|nabizada nabizadah نبیزاده
100|N|osmani usmani osmany عثمانی
100|N|omari omary umari عمری
100|N|qasimi qasemi qasemy ghasemi قاسمی
100|N|qaderi qadiri qadery قادری
100|N|rahmani rahmany rehmani رحمانی
100|N|rahmati رحمتی
100|N|rasooli rasuli rasoly rasouli رسولی
100|N|rostami rustami رستمی
100|N|safi safy صافی
100|N|salehi salihi صالحی
100|N|samadi samady صمدی
100|N|sultani soltani sultany سلطانی
100|N|taheri tahiri طاهری
100|N|yaqubi yaqoobi yaqobi yaqoubi یعقوبی
100|N|yousufi yusufi yosufi yousefi yousofi yousufy یوسفی
100|N|zaheri zahiri ظاهری ظهیری
100|N|zamani zamany زمانی
80|N|ibrahimi ebrahimi ibrahimy ابراهیمی
80|N|ismaili esmaili esmaeili اسماعیلی
80|N|faizi faizy فیضی
80|N|fazli fazly فضلی
80|N|ghafoori ghafuri غفوری
80|N|haqqani haqani حقانی
80|N|hanifi hanafi حنفی حنیفی
80|N|iqbali eqbali اقبالی
80|N|jamshidi جمشیدی
80|N|karimzada karimzadah کریمزاده
80|N|mohseni muhsini محسنی
80|N|nazimi nazemi ناظمی
80|N|niazi niazy niyazi نیازی
80|N|popal popalzai popalzay پوپل پوپلزی
80|N|qurbani qorbani ghorbani قربانی
80|N|rajabi رجبی
80|N|ramazani رمضانی
80|N|sahak سهاک
80|N|sarwari sarwary سروری
80|N|stanikzai stanekzai stanakzai استانکزی ستانکزی ستانکزیی
80|N|wardak wardag وردک
80|N|ahmadzai ahmadzay احمدزی
80|N|barakzai barikzai barekzai بارکزی بارکزایی
80|N|noorzai nurzai noorzay nurzay نورزی نورزایی
80|N|achakzai achekzai اچکزی اچکزایی
80|N|alokozai alikozai alekozai الکوزی
80|N|amarkhil amarkhel omarkhil عمرخیل امرخیل
80|N|durrani durani دورانی درانی
80|N|ghilzai gilzai غلزی غلجی
80|N|hazara hazarah هزاره
80|N|jaji zazai zazi جاجی ځاځی
80|N|kochi kuchi کوچی
80|N|mohmand momand مهمند مومند
80|N|afridi apridi afreedi اپریدی افریدی
80|N|mangal منگل
80|N|nuristani nooristani nuristany نورستانی
80|N|shinwari shinwary شینواری
80|N|tanai tani tanay تنی
60|N|taraki tarakay ترهکی
80|N|yousafzai yusufzai yousufzai یوسفزی
80|N|zadran jadran dzadran ځدران جدران زدران
80|N|kharoti kharotai خروټی خروتی
80|N|sulaimankhil sulaimankhel سلیمانخیل
80|N|babakarkhil babakerkhil باباکرخیل
80|N|ishaqzai ishakzai eshaqzai اسحاقزی اسحقزی
80|N|bayat bayaat بیات
80|N|qizilbash قزلباش
80|N|tajik tajek تاجک تاجیک
80|N|turkman turkmen turkmani ترکمن ترکمان
80|N|uzbek uzbak ozbek اوزبک ازبک
80|N|baloch baluch balooch بلوچ
60|N|khattak khatak ختک خټک
60|N|bangash بنگش
60|N|orakzai اورکزی
60|N|mehsud mahsud mahsood مسید محسود
60|N|balkhi balkhy بلخی
60|N|badakhshi badakhshani بدخشی بدخشانی
60|N|bamyani bamiani بامیانی
60|N|baghlani بغلانی
60|N|farahi فراهی
60|N|faryabi فاریابی
60|N|ghaznawi ghaznavi غزنوی
60|N|ghori ghoori غوری
60|N|helmandi hilmandi هلمندی
60|N|herawi herati heravi هروی هراتی
60|N|jawzjani jozjani جوزجانی
60|N|kabuli کابلی
60|N|kandahari qandahari کندهاری قندهاری
60|N|kunari konari کنری
60|N|kunduzi kundozi کندزی کندوزی
60|N|laghmani لغمانی
60|N|logari لوگری
60|N|nangarhari ننگرهاری
60|N|paktiawal paktyawal پکتیاوال
60|N|panjsheri panjshiri panjsheery پنجشیری
60|N|parwani پروانی
60|N|samangani سمنگانی
60|N|takhari تخاری
60|N|urozgani uruzgani ارزگانی
60|N|zabuli زابلی
60|N|mayar مایار
60|N|mowahid muwahid موحد
60|N|mobarez mubariz مبارز
60|N|sahel sahil ساحل
60|N|sabawoon sabawun سباوون
60|N|sarabi سرابی
60|N|shafaei شفایی
60|N|wahedi wahidi واحدی
60|N|yawari yawary یاوری
60|N|zaland ځلاند زلاند
60|N|andar اندړ اندر
60|N|arab عرب
60|N|aimaq ایماق
80|N|hotak hotaki هوتک هوتکی
100|N|hashimi hashemi hashemy hashmi هاشمی
80|N|sadiqi sadeqi sadeghi صادقی
80|N|sediqi siddiqi seddiqi siddiqui صدیقی
80|N|sadat saadat سادات
110|N|aman amaan امان
60|N|salah صلاح
60|N|shirzad sherzad شیرزاد
60|N|shirzai sherzai شیرزی
30|N|ghazi غازی
40|N|muzhda mozhda مژده
40|N|muzhgan mojgan mozhgan مژگان
50|N|tarakhil tarakhel ترهخیل
40|N|baha بها
50|N|ata atta عطا
30|N|waheedi وحیدی
30|N|wafa vafa وفا وفایی
60|O|akhund akhond اخوند
60|N|adnan عدنان
50|N|ammar amar عمار
60|N|ayman aiman ayeman ایمن
50|N|bandar بندر
40|N|bashar بشار
30|N|behrouz bahroz behruz behrooz بهروز
30|N|bijan bizhan بیژن
80|N|bakhsh bux buksh baksh bakhash بخش
60|N|chandio chandyo چاندیو
30|N|dhia diaa dhiya ضیایی
50|N|fahd fahad فهد
40|N|faraj farag فرج
30|N|farzad فرزاد
40|N|fawzi fauzi fouzi fawzy فوزی
40|N|ghassan gassan غسان
60|N|hamad حمد
40|N|hatem hatim حاتم
40|N|hazem hazim حازم
50|N|hadi hady هادی
50|N|hisham hesham hicham هشام
40|N|husam hossam hussam hosam حسام
50|N|issam isam esam essam عصام
40|N|iyad iyaad eyad ayad ایاد
40|N|jaber جابر
50|N|jassim jasim jassem jasem جاسم
40|N|jihad jehad جهاد
30|N|kambiz کامبیز
40|N|khalifa khalifah khaleefa خلیفه
40|N|mahir maher ماهر
50|N|marwan مروان
40|N|mazin mazen مازن
50|N|mujtaba mojtaba مجتبی
40|N|nabil nabeel نبیل
40|N|nayef naif naef nayif نایف
50|N|osama usama oussama اسامه
40|N|qusay qusai kusay قصی
40|N|rami ramy رامی
40|N|riad riyad riyadh riaz riyaz ریاض
40|N|salama salameh salamah سلامه
50|N|samir sameer سمیر
40|N|saud saoud سعود
30|N|shahram شهرام
30|N|siamak سیامک
50|N|subhi sobhi صبحی
40|N|talal طلال
30|N|turki turky
40|N|wael wail وایل
50|N|walid waleed valid ولید
50|N|ziad ziyad زیاد
40|N|zuhair zuhayr zoheir zohair زهیر
40|N|rana raana رانا
60|N|raja rajah راجه
40|N|makhdoom makhdum مخدوم
40|N|bhutto bhuto بهتو
40|N|butt bat بت
40|N|gilani geelani jilani jelani gillani گیلانی جیلانی
40|N|qureshi quraishi qurishi koreshi قریشی
40|N|bukhari bokhari بخاری
40|N|shirazi شیرازی
40|N|tehrani tehrany تهرانی
40|N|isfahani esfahani اصفهانی
40|N|tabrizi تبریزی
40|N|yazdi یزدی
40|N|tikriti takriti تکریتی
40|N|baghdadi بغدادی
40|N|masri misri مصری
40|N|shami شامی
40|N|yamani yemeni یمنی
40|N|hashimzada hashemzada هاشمزاده
40|N|haidarzada haidarzadah حیدرزاده
40|N|rahimzada rahimzadah rahimzadeh رحیمزاده
40|N|hussainzada hosseinzadeh husainzada حسینزاده
40|N|hasanzada hassanzada hassanzadeh حسنزاده
40|N|mohammadzai muhammadzai mohamadzai محمدزی
40|N|sulaimanzai سلیمانزی
400|O|khan khaan خان
100|O|jan jon jaan جان
700|O|sayed sayyed syed sayyid sayid seyed seyyed saiyed sayd سید
60|O|agha aqa aga agah اغا اقا
100|O|bibi bebe بیبی
100|O|beg baig bek bik بیگ بیک
60|O|begum bigum بیگم
60|O|khanum khanom khanam خانم
60|O|khwaja khoja khawja khawaja khajeh khuja khuwaja خواجه
60|O|mia mian miya میا میان
60|O|akhundzada akhunzada اخوندزاده
60|O|chaudhry chaudhary chaudry choudhary chaudhri چوهدری چودهری
1300|T|haji hajji hajj alhaj alhajj hajy haj elhaj حاجی الحاج حاج
300|T|mullah mulla molla mola mollah ملا
150|T|mawlawi maulawi moulvi mawlavi molavi maulvi molawi mowlawi moulawi مولوی
80|T|maulana mawlana moulana molana مولانا
250|T|engineer eng engr enginir enginer inginir muhandis mohandes انجنیر انجینیر انجینر مهندس
200|T|doctor dr drs doktor daktar dokhtar داکتر دکتر دکتور دوکتور دوکتر داکتور ډاکټر
80|T|professor prof pohand pohanmal پروفیسور پوهاند پوهنمل
150|T|general gen genral brigadier brig جنرال ډگرجنرال برید
60|T|colonel col dagarwal ډگروال دگروال
60|T|major maj jagran جگرن
60|T|captain capt turan تورن
60|T|commander cmdr qomandan qumandan قومندان قوماندان
100|T|qari qaree kari قاری
60|T|qazi kazi قاضی
60|T|mufti مفتی
100|T|ustad ostad ustaad استاد
80|T|shaikh sheikh shaykh sheik shekh cheikh شیخ
60|T|ayatollah ayatullah ایتالله
60|T|hujjatulislam حجتالاسلام
60|T|alama allama علامه
60|T|mr mister اقای
60|T|mrs miss ms محترمه
60|T|sahibzada sahebzada صاحبزاده
60|T|tabib طبیب
60|T|muallim moalim malem معلم
60|T|raees rais رییس
60|T|kaka کاکا
60|T|mudir modir مدیر
60|T|saranwal saranwali څارنوال سارنوال
60|T|mamor mamur مامور
60|T|pohanwal pohandoy پوهنوال پوهندوی
60|T|senator سناتور
60|T|justice barrister adv
60|T|dagarman dagarmal ډگرمن دگرمن
60|T|hujat حجت
60|T|nawabzada نوابزاده
60|O|sahib saheb sahab صاحب
60|T|shahzada shahzadah شهزاده شاهزاده
60|T|lala لالا
60|T|pahlawan pahlavan پهلوان
60|T|arbab ارباب
1|P|al el ul ol il
1|P|ur ud us ush un uz ar as ash an ad az er es esh ed e u i wa va de da
1|P|bin ibn ben bint binti bn ibin bent بن ابن بنت
1|P|abu abou abi bou aboo ابو ابی ابا
1|P|umm um omm ام
1|P|son daughter wife of walad valad ولد فرزند دختر پسر زوجه
1|P|aka alias known مشهور معروفبه
1|P|و د ال
1|S|zai zay zaie zaye زی زیی زایی ځی
1|S|khel khil khail kheil خیل
1|S|zada zadah zadeh زاده
1|S|pur poor pour پور
1|S|oghli oghly oghlu ughli اوغلی اوغلو
1|S|wal وال
1|S|yan ian یان`;
